import torch
from torch import nn

from genrep.objectives import Batch, phases
from genrep.objectives.players import Players
from genrep.params.training import GANObjectiveParams
from tests.stubs import Stub

BATCH = Batch(torch.rand(3, 1, 1, 1), torch.tensor([4, 0, 9]))


def test_conditional_players_are_told_the_labels_of_the_batch():
    heard = []

    def generator(w, z, labels):
        heard.append(("generator", len(z), labels.tolist()))
        return w * torch.zeros(len(z), 1, 1, 1)

    def discriminator(w, x, labels):
        heard.append(("discriminator", len(x), labels.tolist()))
        return w * x.flatten()

    networks = nn.ModuleDict(
        {
            "generator": Stub(generator, latent=2, conditional=True),
            "discriminator": Stub(discriminator, conditional=True),
        }
    )
    for separate in (True, False):
        heard.clear()
        params = GANObjectiveParams(kind="gan", real_label=1.0, separate_batches=separate)
        for phase in phases(networks, params):
            phase.loss(BATCH, phase.draw(BATCH, torch.Generator()))
        labels = [4, 0, 9]
        shown = 2 * [("discriminator", 3, labels)] if separate else [("discriminator", 6, labels + labels)]
        assert heard == [("generator", 3, labels), *shown, ("generator", 3, labels), ("discriminator", 3, labels)]


def test_unconditional_players_are_told_nothing():
    networks = nn.ModuleDict({"generator": Stub(lambda w, z: z), "discriminator": Stub(lambda w, x: x.flatten())})
    players = Players.of(networks)
    assert torch.equal(players.score(BATCH), BATCH.images.flatten())
    assert torch.equal(players.fake(BATCH, {"z": BATCH.images}).images, BATCH.images)
    real, fake = players.scores(BATCH, Batch(2 * BATCH.images, BATCH.labels))
    assert torch.equal(real, BATCH.images.flatten())
    assert torch.equal(fake, 2 * real)


def test_a_larger_generator_batch_has_the_classes_of_the_batch_in_turn():
    generator = Stub(lambda w, z, labels: z[:, :1, None, None], latent=2, conditional=True)
    players = Players(generator, Stub(lambda w, x: x.flatten()))
    fake = players.fake(BATCH, players.draw(BATCH, torch.Generator(), times=2))
    assert fake.images.shape == (6, 1, 1, 1)
    assert fake.labels.tolist() == [4, 0, 9, 4, 0, 9]


def test_classes_are_drawn_evenly_where_the_discriminator_predicts_them():
    generator = Stub(lambda w, z, labels: z, latent=2, conditional=True, classes=5)
    players = Players(generator, Stub(lambda w, x: x, predicts_classes=True))
    many = Batch(torch.zeros(5_000, 1), torch.zeros(5_000, dtype=torch.int64))
    noise = players.draw(many, torch.Generator().manual_seed(0))
    assert (noise["labels"].bincount(minlength=5) - 1000).abs().max() < 4 * (5_000 * 0.2 * 0.8) ** 0.5
    assert torch.equal(players.fake(many, noise).labels, noise["labels"])
