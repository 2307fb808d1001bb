from math import exp, log, pi

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from genrep.objectives import Batch, phases
from genrep.objectives.vae import bernoulli_nll, gaussian_nll, kl_to_standard_normal
from genrep.params.training import VAEObjectiveParams
from tests.stubs import Stub


@pytest.fixture
def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def phase(encode, decode):
    """The phase over stubs; ``encode`` gives mean and log-variance, ``decode`` logits."""
    networks = nn.ModuleDict({"encoder": Stub(encode), "decoder": Stub(decode, latent=2)})
    (only,) = phases(networks, VAEObjectiveParams(kind="vae"))
    return only


def test_kl_is_that_of_torch(rng):
    mean, log_variance = torch.randn(2, 5, 3, generator=rng)
    posterior = Normal(mean, (log_variance / 2).exp())
    expected = kl_divergence(posterior, Normal(torch.zeros(3), torch.ones(3))).sum(1)
    assert torch.allclose(kl_to_standard_normal(mean, log_variance), expected, atol=1e-5)
    assert not kl_to_standard_normal(torch.zeros(2, 3), torch.zeros(2, 3)).any()


def test_nll_of_black_and_white_pixels_is_that_of_torch(rng):
    logits = torch.randn(4, 1, 5, 5, generator=rng)
    images = Bernoulli(torch.full_like(logits, 0.5)).sample()
    expected = -Bernoulli(logits=logits).log_prob(images).sum((1, 2, 3))
    assert torch.allclose(bernoulli_nll(logits, images), expected)


def test_nll_takes_grey_values_as_probabilities(rng):
    logits, images = torch.randn(4, 1, 5, 5, generator=rng).double(), torch.rand(4, 1, 5, 5, generator=rng).double()
    p = 1 / (1 + (-logits).exp())
    expected = -(images * p.log() + (1 - images) * (1 - p).log()).sum((1, 2, 3))
    assert torch.allclose(bernoulli_nll(logits, images), expected)


def test_nll_stays_finite_where_the_sigmoid_saturates():
    logits = torch.tensor([200.0, -200.0]).view(2, 1, 1, 1)
    assert torch.equal(bernoulli_nll(logits, 1 - (logits > 0).float()), torch.tensor([200.0, 200.0]))


@pytest.mark.parametrize("sd", [1.0, 0.5])
def test_gaussian_nll_is_that_of_torch_up_to_its_constant(rng, sd):
    means, images = torch.rand(2, 4, 1, 5, 5, generator=rng)
    constant = 25 * (log(sd) + log(2 * pi) / 2)
    expected = -Normal(means, sd).log_prob(images).sum((1, 2, 3)) - constant
    torch.testing.assert_close(gaussian_nll(means, images, sd), expected)


def test_gaussian_reconstruction_is_half_the_squared_error_of_the_pixels(rng):
    """Logits 0 are pixels 1/2."""
    networks = nn.ModuleDict(
        {
            "encoder": Stub(lambda _, x: (torch.zeros(3, 2), torch.zeros(3, 2))),
            "decoder": Stub(lambda _, z: torch.zeros(3, 1, 4, 4), latent=2, to_pixels=torch.sigmoid),
        }
    )
    (vae,) = phases(networks, VAEObjectiveParams(kind="vae", gaussian_sd=1.0))
    batch = Batch(torch.ones(3, 1, 4, 4), torch.zeros(3))
    losses = vae.loss(batch, vae.draw(batch, rng))
    assert losses["reconstruction"].item() == pytest.approx(16 * 0.25 / 2)
    assert losses["kl"] == 0
    assert losses["loss"] == losses["reconstruction"]


def test_loss_is_the_sum_of_its_parts_and_a_mean_over_images(rng):
    images = torch.rand(6, 1, 4, 4, generator=rng)
    vae = phase(
        encode=lambda w, x: (w * x[:, 0, 0, :2], x[:, 0, 1, :2] - 1),
        decode=lambda w, z: w * z.sum(1)[:, None, None, None].expand(-1, 1, 4, 4),
    )
    assert vae.networks == ("encoder", "decoder")
    eps = torch.randn(6, 2, generator=rng)

    def losses(rows):
        return vae.loss(Batch(images[rows], torch.zeros(6)[rows]), {"eps": eps[rows]})

    whole = losses(slice(None))
    assert next(iter(whole)) == "loss"
    assert whole["loss"] == whole["reconstruction"] + whole["kl"]
    for name in whole:
        each = torch.stack([losses(slice(i, i + 1))[name] for i in range(6)])
        assert torch.allclose(whole[name], each.mean())


def test_latents_follow_the_encoder(rng):
    seen = []

    def decode(_, z):
        seen.append(z)
        return torch.zeros(len(z), 1, 1, 1)

    mean, std, n = torch.tensor([1.0, -2.0]), torch.tensor([2.0, 0.5]), 20_000
    vae = phase(lambda _, x: (mean.expand(n, 2), 2 * std.log().expand(n, 2)), decode)
    batch = Batch(torch.zeros(n, 1, 1, 1), torch.zeros(n))
    losses = vae.loss(batch, vae.draw(batch, rng))
    assert torch.allclose(seen[0].mean(0), mean, atol=0.06)
    assert torch.allclose(seen[0].std(0), std, rtol=0.02)
    assert losses["reconstruction"].item() == pytest.approx(0.6931, abs=1e-4)  # ln 2: logits are 0


def conditional(**changes):
    """The phase of a decoder that is told the class, and what it heard."""
    heard = []

    def decode(w, z, labels):
        heard.append(labels.tolist())
        return w * torch.zeros(len(z), 3, 2, 2)

    encoder = Stub(lambda w, x: (w * torch.ones(len(x), 2), w * torch.ones(len(x), 2)))
    decoder = Stub(decode, latent=2, conditional=True)
    networks = nn.ModuleDict({"encoder": encoder, "decoder": decoder})
    (only,) = phases(networks, VAEObjectiveParams(kind="vae", **changes))
    batch = Batch(torch.rand(4, 3, 2, 2), torch.tensor([3, 1, 0, 3]))
    return only.loss(batch, {"eps": torch.ones(4, 2)}), heard


def test_a_conditional_decoder_is_told_the_classes_of_the_batch():
    assert conditional()[1] == [[3, 1, 0, 3]]


def test_readings_of_a_public_code_divide_by_latents_and_channels():
    found, plain = conditional(kl="mean", channels="mean")[0], conditional()[0]
    assert found["kl"].item() == pytest.approx(plain["kl"].item() / 2)
    assert found["reconstruction"].item() == pytest.approx(
        plain["reconstruction"].item() / 3
    )  # 12 log 2, of 3 channels


@pytest.mark.parametrize(("noise", "exponent"), [("deviation", 0.5), ("variance", 1.0)])
def test_noise_is_scaled_by_deviation_or_variance(noise, exponent):
    seen = []
    encoder = Stub(lambda w, x: (torch.zeros(len(x), 2), w * torch.full((len(x), 2), 3.0)))
    decoder = Stub(lambda w, z: (seen.append(z), w * torch.zeros(len(z), 1, 1, 1))[1], latent=2)
    params = VAEObjectiveParams(kind="vae", noise=noise)
    (only,) = phases(nn.ModuleDict({"encoder": encoder, "decoder": decoder}), params)
    only.loss(Batch(torch.zeros(1, 1, 1, 1), torch.zeros(1)), {"eps": torch.tensor([[1.0, -2.0]])})
    assert seen[0].tolist() == [[pytest.approx(exp(3 * exponent)), pytest.approx(-2 * exp(3 * exponent))]]
