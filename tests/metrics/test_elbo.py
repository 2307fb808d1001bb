import pytest
import torch
from torch import nn

from genrep.errors import UserError
from genrep.metrics.elbo import elbo, parts

LATENT = 3


class Encoder(nn.Module):
    """Mean and log variance that are constants."""

    def __init__(self, mean: float, log_variance: float):
        super().__init__()
        self.mean, self.log_variance = mean, log_variance

    def forward(self, x):
        return torch.full((len(x), LATENT), self.mean), torch.full((len(x), LATENT), self.log_variance)


class Decoder(nn.Module):
    """Every pixel's logit is the sum of the latent."""

    def forward(self, z):
        return z.sum(1)[:, None, None, None].expand(-1, 1, 2, 2)


def networks(mean: float, log_variance: float) -> nn.ModuleDict:
    return nn.ModuleDict({"encoder": Encoder(mean, log_variance), "decoder": Decoder()})


@pytest.fixture
def images() -> torch.Tensor:
    return torch.tensor([[0, 0, 255, 255], [255, 255, 255, 255]], dtype=torch.uint8).view(2, 1, 2, 2)


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_parts_and_signs_by_hand(images):
    """Without spread every logit is 3 x 0.5; 2 of the 8 pixels are dark."""
    found = elbo(networks(0.5, -40.0), images, (0, 1), rng())
    logit = torch.tensor(1.5)
    dark, bright = nn.functional.logsigmoid(-logit).item(), nn.functional.logsigmoid(logit).item()
    assert found.log_likelihood == pytest.approx((2 * dark + 6 * bright) / 2, rel=1e-5)
    assert found.kl == pytest.approx(LATENT * 0.5 * (0.25 + 40 - 1), rel=1e-5)
    assert found.elbo == pytest.approx(found.log_likelihood - found.kl)
    assert found.elbo < 0 < found.loss == -found.elbo


def test_the_prior_costs_nothing(images):
    assert elbo(networks(0.0, 0.0), images, (0, 1), rng()).kl == 0


def test_draws_are_averaged_and_the_generator_decides(images):
    one, same = (elbo(networks(0.5, 0.0), images, (0, 1), rng()) for _ in range(2))
    assert one == same
    many = elbo(networks(0.5, 0.0), images, (0, 1), rng(), draws=400)
    z = (0.5 * LATENT) + LATENT**0.5 * torch.randn(200_000, generator=torch.Generator().manual_seed(1))
    expected = nn.functional.logsigmoid(-z).mean() + 3 * nn.functional.logsigmoid(z).mean()
    assert many.log_likelihood == pytest.approx(expected.item(), rel=0.1)


def test_a_likelihood_of_ones_own(images):
    found = elbo(networks(0.0, -40.0), images, (-1, 1), rng(), nll=lambda out, x: (out - x).square().flatten(1).sum(1))
    assert found.log_likelihood == pytest.approx(-4, rel=1e-5)  # 0 against -1 or 1, four pixels


def test_bad_input_is_named(images):
    with pytest.raises(UserError, match="at least 1 image, got 0"):
        elbo(networks(0.0, 0.0), images[:0], (0, 1), rng())
    with pytest.raises(UserError, match=r"not finite .* the model has diverged"):
        elbo(networks(float("nan"), 0.0), images, (0, 1), rng())


def test_parts_of_each_image_are_what_the_means_are_of(images):
    likelihood, kl = parts(networks(0.5, 0.0), images, (0, 1), rng())
    assert likelihood.shape == kl.shape == (2,)
    found = elbo(networks(0.5, 0.0), images, (0, 1), rng())
    assert (likelihood.mean(), kl.mean()) == pytest.approx((found.log_likelihood, found.kl))
