import torch
from scipy.stats import kstest, uniform
from torch import nn

from genrep.sampling import latent_prior
from tests.stubs import Stub

LABELS = torch.zeros(5_000, dtype=torch.int64)
SHAPE = (1, 2, 2)


def decoder(to_pixels=lambda output: output) -> Stub:
    return Stub(lambda _, z: z.view(-1, *SHAPE), latent=4, to_pixels=to_pixels)


def draw(networks: dict[str, nn.Module], labels=LABELS, seed: int = 0) -> torch.Tensor:
    return latent_prior.sample(networks, None, labels, SHAPE, torch.Generator().manual_seed(seed))


def test_latents_are_standard_normal():
    z = draw({"decoder": decoder()})
    assert z.shape == (5_000, *SHAPE)
    assert kstest(z.flatten(), "norm").pvalue > 1e-3
    assert torch.allclose(torch.corrcoef(z.flatten(1).T), torch.eye(4), atol=0.06)  # 4 standard errors


def test_of_the_labels_only_their_number_counts():
    networks = {"decoder": decoder()}
    assert torch.equal(draw(networks), draw(networks, LABELS + 3))
    assert not torch.equal(draw(networks), draw(networks, seed=1))


def test_uniform_prior_is_honoured():
    pixels = draw(
        {"generator": Stub(lambda _, z: z.view(-1, *SHAPE), latent=4, prior="uniform", to_pixels=lambda x: x)}
    )
    assert kstest(pixels.flatten(), uniform(-1, 2).cdf).pvalue > 1e-3


def test_conditional_generator_is_told_the_labels():
    def generate(_, z, labels):
        return labels.float().view(-1, 1, 1, 1).expand(-1, *SHAPE)

    labels = torch.arange(7)
    network = Stub(generate, latent=4, conditional=True, to_pixels=lambda output: output)
    assert torch.equal(draw({"generator": network}, labels)[:, 0, 0, 0], labels.float())


def test_pixels_are_what_the_network_makes_of_its_output():
    pixels = draw({"encoder": Stub(None), "decoder": decoder(torch.sigmoid)})
    assert torch.allclose(pixels.logit(), draw({"discriminator": Stub(None), "generator": decoder()}), atol=1e-4)
