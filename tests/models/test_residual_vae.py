import pytest
import torch
from torch import nn

from genrep.models import build
from genrep.models.blocks import Attention, ResidualBlock
from genrep.params.networks import ResidualVAEParams

PARAMS = ResidualVAEParams(kind="residual_vae", channels=(8, 8, 16), blocks=2, attention=(8, 4), groups=4, latent=6)


@pytest.fixture(scope="module")
def networks() -> nn.ModuleDict:
    return build(PARAMS, (3, 16, 16), 2, seed=0)


def attending(network: nn.Module) -> list[tuple[int, ...]]:
    """Channels and side of every attention in order."""
    seen: list[tuple[int, ...]] = []
    hooks = [
        m.register_forward_hook(lambda _, inputs, __: seen.append((inputs[0].shape[1], inputs[0].shape[2])))
        for m in network.modules()
        if isinstance(m, Attention)
    ]
    network(torch.rand(1, 3, 16, 16) if hasattr(network, "stem") else torch.randn(1, 6))
    for hook in hooks:
        hook.remove()
    return seen


def test_attention_is_at_the_named_resolutions_of_both_halves(networks):
    assert attending(networks["encoder"]) == [(8, 8)] * 2 + [(16, 4)] * 2 + [(16, 4)]  # the last one in the middle
    # before each block instead of after it, so the first one at 8x8 still has the width of 4x4
    assert attending(networks["decoder"]) == [(16, 4)] * 3 + [(16, 8)] + [(8, 8)] * 2


def test_decoder_mirrors_the_encoder_with_one_block_more(networks):
    def blocks(network):
        return [m.conv2.out_channels for m in network.levels.modules() if isinstance(m, ResidualBlock)]

    assert blocks(networks["encoder"]) == [8] * 4 + [16] * 2
    assert blocks(networks["decoder"]) == [16] * 3 + [8] * 6


def test_encoder_and_decoder_fit_together(networks):
    mean, log_variance = networks["encoder"](torch.rand(5, 3, 16, 16))
    assert mean.shape == log_variance.shape == (5, 6)
    logits = networks["decoder"](mean)
    assert logits.shape == (5, 3, 16, 16)
    assert torch.equal(networks["decoder"].to_pixels(logits), torch.full_like(logits, 0.5))  # a new one: all logits 0
