import pytest
import torch
from torch import nn

from genrep import models, objectives
from genrep.data.arrays import DeviceImages
from genrep.sampling import sample
from tests.stubs import Stub

LABELS = torch.zeros(500, dtype=torch.int64)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.fixture
def networks(thesis_runs) -> nn.ModuleDict:
    return models.build(thesis_runs["vae"].network, (3, 16, 16), 2, seed=0)


def test_latents_come_from_what_training_images_are_encoded_to(thesis_runs, networks, faces, cpu):
    """An encoder that answers with the image's mean colour: sampled latents have its distribution, not N(0, I)."""
    run, seen = thesis_runs["vae"], []
    networks["encoder"] = Stub(lambda w, x: (x.mean((1, 2, 3))[:, None].expand(-1, 5), torch.full((len(x), 5), -20.0)))
    networks["decoder"] = Stub(lambda w, z: (seen.append(z), z[:, :3, None, None].expand(-1, 3, 16, 16))[1], latent=5)
    networks["decoder"].to_pixels = lambda output: output
    data = DeviceImages(faces, "train", run.data.range, cpu)
    objectives.after_training(networks, run, data)
    images = sample(networks, run, LABELS, faces.shape, rng())
    colours = data.batch(slice(None))[0].mean((1, 2, 3))
    assert images.shape == (500, 3, 16, 16)
    assert seen[0].mean().item() == pytest.approx(colours.mean().item(), abs=4 * colours.std().item() / 500**0.5)
    assert seen[0].std().item() == pytest.approx(colours.std().item(), rel=0.2)


def test_nothing_is_fitted_to_networks_without_a_posterior(smoke_runs, digits, cpu):
    run = smoke_runs["vae-adam"]
    networks = models.build(run.network, digits.shape, 10, seed=0)
    before = {name: tensor.clone() for name, tensor in networks.state_dict().items()}
    objectives.after_training(networks, run, DeviceImages(digits, "test", run.data.range, cpu))
    assert all(torch.equal(tensor, before[name]) for name, tensor in networks.state_dict().items())
