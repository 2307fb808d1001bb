"""Parameters of the networks: one class per module in genrep.models, chosen by ``kind``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from genrep.params.base import Params

Widths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
Kernel = Annotated[int, Field(ge=3, le=7)]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class ConvVAEParams(Params):
    """genrep.models.conv_vae: convolutional encoder and mirrored decoder."""

    kind: Literal["conv_vae"]
    latent: PositiveInt  # dimensions of z
    channels: Widths  # of the stride-2 convolutions, input side first
    dense: PositiveInt  # units between convolutions and latent
    init: Literal["glorot", "torch"] = "glorot"  # law of the initial weights: Keras's default or PyTorch's


class MLPGANParams(Params):
    """genrep.models.mlp_gan: fully connected generator and discriminator."""

    kind: Literal["mlp_gan"]
    latent: PositiveInt
    widths: Widths  # hidden units of the generator; the discriminator mirrors them
    slope: Annotated[float, Field(ge=0, lt=1)]  # of the leaky ReLU
    dropout: Fraction  # discriminator only


class ConvTrunkParams(Params):
    """Two stride-2 convolutions and a dense layer; generators and decoders mirror them."""

    latent: PositiveInt
    channels: tuple[PositiveInt, PositiveInt]  # of the convolutions, image side first
    dense: PositiveInt
    slope: Annotated[float, Field(ge=0, lt=1)]  # of the leaky ReLU, image to vector


class ConvGANParams(ConvTrunkParams):
    """genrep.models.conv_gan: convolutional generator and discriminator."""

    kind: Literal["conv_gan"]
    prior: Literal["normal", "uniform"] = "normal"  # of z: N(0, I), or U(-1, 1) in each dimension
    conditional: bool = False  # both networks are told the class
    discriminator_norm: Literal["batch", "none"] = "batch"


class ConvGANVAEParams(ConvTrunkParams):
    """genrep.models.conv_gan_vae: the discriminator's trunk as encoder, the generator as decoder."""

    kind: Literal["conv_gan_vae"]


class DCGANParams(Params):
    """genrep.models.dcgan: as many stages as the resolution can be halved."""

    kind: Literal["dcgan"]
    latent: PositiveInt
    channels: PositiveInt  # of the convolution next to the image; each stage further in has twice as many
    slope: Annotated[float, Field(ge=0, lt=1)]  # of the leaky ReLU, discriminator only


class StridedGANParams(Params):
    """genrep.models.strided_gan: a generator that doubles and a discriminator that halves the resolution.

    The class: ``ignored``; ``told`` to both networks; or told to the generator and ``predicted`` by the discriminator.
    """

    kind: Literal["strided_gan"]
    latent: PositiveInt
    prior_sd: PositiveFloat = 1.0  # standard deviation of z
    generator: Widths  # channels at each resolution, the lowest first
    refine: tuple[PositiveInt, ...] | None = (
        None  # of convolutions at full resolution; None: the last doubling ends in pixels
    )
    discriminator: Widths  # channels after each halving, image side first
    kernel: Kernel  # side of every kernel
    discriminator_kernel: Kernel | None = None  # of the discriminator's; None: the same
    upsampling: Literal["transposed", "nearest"] = "transposed"  # convolutions, or copies followed by a convolution
    generator_norm: Literal["batch", "none"] = "batch"
    discriminator_norm: Literal["batch", "none"] = "batch"
    slope: Annotated[float, Field(ge=0, lt=1)]  # of the leaky ReLU, discriminator only
    generator_dropout: Fraction = 0.0
    discriminator_dropout: Fraction = 0.0
    classes: Literal["ignored", "told", "predicted"] = "ignored"


class DeconvVAEParams(Params):
    """genrep.models.deconv_vae: convolutional encoder and decoder that halve the resolution once."""

    kind: Literal["deconv_vae"]
    latent: PositiveInt
    filters: PositiveInt  # channels of every convolution but those next to the image
    dense: PositiveInt  # units between convolutions and latent, on either side
    conditional: bool = False  # the decoder is told the class


class ContextUNetParams(Params):
    """genrep.models.context_unet: class-conditional U-Net that predicts noise."""

    kind: Literal["context_unet"]
    features: Annotated[PositiveInt, Field(multiple_of=8)]  # channels at full resolution


class DigitClassifierParams(Params):
    """genrep.models.digit_classifier: the network behind the native metrics."""

    kind: Literal["digit_classifier"]
    channels: Widths
    features: PositiveInt  # length of the penultimate layer, the feature space of native FID
    dropout: Fraction


class ResidualParams(Params):
    """genrep.models.blocks: levels of residual blocks, each at half the resolution of the one before."""

    channels: Widths  # of each level, image side first
    blocks: PositiveInt  # residual blocks of a level on the way down; on the way up there is one more
    attention: tuple[PositiveInt, ...]  # resolutions with self-attention
    groups: PositiveInt  # of the group norms
    heads: PositiveInt = 1  # of self-attention

    @model_validator(mode="after")
    def _channels_divide(self) -> "ResidualParams":
        for name, parts in (("groups", self.groups), ("heads", self.heads)):
            for width in self.channels:
                if width % parts:
                    raise ValueError(f"channels: {width} does not divide by {name} {parts}")
        return self


class UNetParams(ResidualParams):
    """genrep.models.unet: U-Net that predicts the noise of a diffusion model."""

    kind: Literal["unet"]
    time: Annotated[PositiveInt, Field(multiple_of=2)]  # width of the time embedding and of its two dense layers


class ResidualVAEParams(ResidualParams):
    """genrep.models.residual_vae: the U-Net's blocks around a dense bottleneck, without its skips."""

    kind: Literal["residual_vae"]
    latent: PositiveInt


class ProgressiveGANParams(Params):
    """genrep.models.progressive_gan: generator and critic that grow from 4x4."""

    kind: Literal["progressive_gan"]
    latent: PositiveInt
    channels: Widths  # of the blocks at 4x4, 8x8, ...; the last one's is the image's resolution
    slope: Annotated[float, Field(ge=0, lt=1)]  # of the leaky ReLU
    critic_norm: bool  # pixel normalisation in the critic, too
    deviation_group: PositiveInt | None = None  # images that share a minibatch deviation; None: the whole batch

    @property
    def resolution(self) -> int:
        """Pixels a side of the images that the blocks lead to."""
        return 4 << (len(self.channels) - 1)


NetworkParams = Annotated[
    ConvVAEParams
    | MLPGANParams
    | ConvGANParams
    | ConvGANVAEParams
    | DCGANParams
    | ContextUNetParams
    | DigitClassifierParams
    | StridedGANParams
    | DeconvVAEParams
    | UNetParams
    | ResidualVAEParams
    | ProgressiveGANParams,
    Field(discriminator="kind"),
]
