"""Table 6.3 of the thesis, to the last parameter and part by part, on networks without memory."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from genrep import models
from genrep.metrics.parameters import leaf_parameter_count, parameter_count
from genrep.models.blocks import Attention, Downsample, ResidualBlock, Upsample
from genrep.models.progressive_gan import EqualizedConv2d
from genrep.params import load, resolve
from genrep.params.networks import NetworkParams
from tests.conftest import ROOT

FACES = (3, 128, 128)
RUNS = resolve(load(ROOT / "params.yaml"), "thesis", "full").runs
VAE, GAN, DIFFUSION = (RUNS[name].network for name in ("vae", "gan", "diffusion"))


def build(params: NetworkParams) -> nn.ModuleDict:
    with torch.device("meta"):
        return models.build(params, FACES, classes=2, seed=0)


def parts(module: nn.Module) -> tuple[int, int, int]:
    """Parameters in residual blocks, in attention, and in resampling."""
    kinds: list[type | tuple[type, ...]] = [ResidualBlock, Attention, (Downsample, Upsample)]
    return tuple(parameter_count(*(m for m in module.modules() if isinstance(m, kind))) for kind in kinds)  # type: ignore[return-value]


def assert_table(levels: nn.ModuleList, table: list[tuple[int, int, int, int]]) -> None:
    for level, (*expected, total) in zip(levels, table, strict=True):
        assert parts(level) == tuple(expected)
        assert parameter_count(level) == total


def test_diffusion_model():
    network = build(DIFFUSION)["denoiser"]
    assert parameter_count(network) == leaf_parameter_count(network) == 109_929_987
    assert parameter_count(network.stem) == 3_584
    assert parameter_count(network.time) == 525_312
    down = [
        (722_688, 0, 147_584, 870_272),
        (722_688, 0, 147_584, 870_272),
        (2_362_880, 0, 590_080, 2_952_960),
        (2_625_024, 527_360, 590_080, 3_742_464),
        (8_920_064, 0, 2_359_808, 11_279_872),
        (9_968_640, 0, 0, 9_968_640),
    ]
    up = [
        (23_608_320, 0, 2_359_808, 25_968_128),
        (22_297_088, 0, 2_359_808, 24_656_896),
        (6_758_400, 791_040, 590_080, 8_139_520),
        (5_774_592, 0, 590_080, 6_364_672),
        (1_789_952, 0, 147_584, 1_937_536),
        (1_625_856, 0, 0, 1_625_856),
    ]
    assert_table(network.down, down)
    assert_table(network.up, up)
    assert parts(network.middle) == (9_968_640, 1_051_648, 0)
    assert (parameter_count(network.out.norm), parameter_count(network.out.conv)) == (256, 3_459)


def test_vae():
    networks = build(VAE)
    assert parameter_count(networks) == leaf_parameter_count(networks) == 69_846_659
    encoder, decoder = networks["encoder"], networks["decoder"]
    assert parameter_count(encoder.stem) == 3_584
    down = [
        (591_360, 0, 147_584, 738_944),
        (591_360, 0, 147_584, 738_944),
        (591_360, 132_608, 147_584, 871_552),
        (2_100_224, 527_360, 590_080, 3_217_664),
        (2_362_368, 0, 590_080, 2_952_448),
        (8_394_752, 0, 0, 8_394_752),
    ]
    up = [
        (14_164_992, 0, 2_359_808, 16_524_800),
        (4_265_216, 0, 590_080, 4_855_296),
        (3_543_552, 791_040, 590_080, 4_924_672),
        (1_067_648, 396_288, 147_584, 1_611_520),
        (887_040, 0, 147_584, 1_034_624),
        (887_040, 0, 0, 887_040),
    ]
    assert_table(encoder.levels, down)
    assert_table(decoder.levels, up)
    assert parts(encoder.middle) == (9_443_328, 1_051_648, 0)
    dense = [parameter_count(layer) for layer in (encoder.mean, encoder.log_variance, decoder.dense)]
    assert dense == [4_194_816, 4_194_816, 4_202_496]
    assert parameter_count(decoder.out) == 3_715


def convolutions(module: nn.Module) -> int:
    """Weights of the equalised convolutions, without biases."""
    return sum(m.conv.weight.numel() for m in module.modules() if isinstance(m, EqualizedConv2d))


def test_gan_as_printed_and_as_it_is():
    """The printed count is that of modules without children, which leaves out 12,819 biases of equalised layers."""
    networks = build(GAN)
    assert parameter_count(networks) == 49_120_275
    assert leaf_parameter_count(networks) == 49_107_456
    generator, critic = networks["generator"], networks["discriminator"]
    assert leaf_parameter_count(generator) == 23_666_688
    assert leaf_parameter_count(critic) == 25_440_768
    (first,) = (m for m in generator.modules() if isinstance(m, nn.ConvTranspose2d))
    assert parameter_count(first) == 4_194_816
    assert convolutions(generator.base) == 2_359_296
    assert [convolutions(b) for b in generator.blocks] == [4_718_592] * 3 + [1_769_472, 1_179_648]
    assert convolutions(generator.to_rgb) == convolutions(critic.from_rgb) == 7_680
    assert [convolutions(b) for b in critic.blocks] == [4_718_592] * 3 + [3_538_944, 1_179_648]
    assert convolutions(critic.base) == 2_363_904 + 4_194_304 + 512


@pytest.mark.parametrize(
    ("params", "narrow"),
    [
        (VAE, {"channels": (8, 8, 16), "groups": 4, "attention": (8,), "latent": 12}),
        (GAN, {"channels": (16, 8, 8, 8), "latent": 12}),
        (DIFFUSION, {"channels": (8, 16, 16), "groups": 4, "attention": (16,), "time": 24}),
    ],
    ids=["vae", "gan", "diffusion"],
)
def test_any_width_and_power_of_two(params: NetworkParams, narrow: dict, apply: Callable[..., torch.Tensor]):
    changed = params.model_copy(update=narrow)
    networks = models.build(changed, (3, 32, 32), classes=2, seed=0)
    assert apply(networks).shape[1:] == (3, 32, 32)
    assert parameter_count(networks) < 200_000


@pytest.fixture
def apply() -> Callable[[nn.ModuleDict], torch.Tensor]:
    """Two images from the networks."""

    def call(networks: nn.ModuleDict) -> torch.Tensor:
        images = torch.rand(2, 3, 32, 32)
        if "denoiser" in networks:
            return networks["denoiser"](images, torch.tensor([1, 1000]))
        if "encoder" in networks:
            return networks["decoder"](networks["encoder"](images)[0])
        assert networks["discriminator"](images).shape == (2,)
        return networks["generator"](torch.randn(2, 12))

    return call
