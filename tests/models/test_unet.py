import pytest
import torch
from torch import nn

from genrep.models import build
from genrep.models.unet import UNet
from genrep.params.networks import UNetParams

PARAMS = UNetParams(kind="unet", channels=(8, 16), blocks=2, attention=(8,), groups=4, time=8)


@pytest.fixture
def network() -> UNet:
    found = build(PARAMS, (3, 16, 16), 2, seed=0)["denoiser"]
    torch.manual_seed(1)
    for weight in found.parameters():  # a new network is silent
        nn.init.normal_(weight, std=0.2)
    return found


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randn(3, 3, 16, 16, generator=torch.Generator().manual_seed(0))


def test_a_new_network_predicts_nothing(images):
    network = build(PARAMS, (3, 16, 16), 2, seed=0)["denoiser"]
    assert not network(images, torch.tensor([1, 2, 3])).any()


def test_time_is_told_to_every_step(network, images):
    heard = []
    for step in network.modules():
        if hasattr(step, "time") and isinstance(step.time, nn.Linear):
            step.time.register_forward_hook(lambda _, inputs, __: heard.append(inputs[0]))
    network(images, torch.tensor([1, 500, 1000]))
    assert len(heard) == 2 * 2 + 2 + 2 * 3  # down, middle, up
    assert all(torch.equal(time, heard[0]) for time in heard)
    assert not torch.equal(network(images, torch.tensor([1, 1, 1])), network(images, torch.tensor([2, 2, 2])))


def test_images_of_a_batch_do_not_mix(network, images):
    t = torch.tensor([1, 500, 1000])
    torch.testing.assert_close(network(images, t)[1:2], network(images[1:2], t[1:2]), rtol=1e-4, atol=1e-5)


def test_every_map_of_the_way_down_reaches_the_way_up(network, images):
    """Silencing one map, of the stem, a step or a resampling, changes the output."""
    t = torch.tensor([1, 500, 1000])
    whole = network(images, t)
    sources = [network.stem, *(s for level in network.down for s in level.steps), network.down[0].resample]
    for source in sources:
        skipped: list[torch.Tensor] = []
        hook = source.register_forward_hook(lambda _, __, out, kept=skipped: kept.append(out))
        network(images, t)
        hook.remove()
        cat, silenced = torch.cat, []

        def without(parts, dim, kept=skipped[0], cat=cat, silenced=silenced):
            silenced.append(torch.equal(parts[1], kept))
            return cat([parts[0], torch.zeros_like(parts[1]) if silenced[-1] else parts[1]], dim)

        torch.cat = without
        try:
            changed = network(images, t)
        finally:
            torch.cat = cat
        assert sum(silenced) == 1
        assert len(silenced) == 6
        assert not torch.allclose(changed, whole)


def test_layout_does_not_matter(network, images):
    t = torch.tensor([1, 500, 1000])
    expected = network(images, t)
    network.to(memory_format=torch.channels_last)
    found = network(images.to(memory_format=torch.channels_last), t)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)
