"""Parameters of the networks: one class per module in genrep.models, chosen by ``kind``."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from genrep.params.base import Params

Widths = Annotated[tuple[PositiveInt, ...], Field(min_length=1)]
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


NetworkParams = Annotated[
    ConvVAEParams
    | MLPGANParams
    | ConvGANParams
    | ConvGANVAEParams
    | DCGANParams
    | ContextUNetParams
    | DigitClassifierParams,
    Field(discriminator="kind"),
]
