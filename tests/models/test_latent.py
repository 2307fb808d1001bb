import pytest
import torch
from scipy.stats import kstest, norm, uniform

from genrep.models.latent import latents, told
from tests.stubs import Stub


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


@pytest.mark.parametrize(
    ("attributes", "law"),
    [({}, norm()), ({"prior": "normal"}, norm()), ({"prior": "uniform"}, uniform(-1, 2))],
    ids=["silent", "normal", "uniform"],
)
def test_latents_follow_the_networks_prior(attributes, law):
    z = latents(Stub(None, latent=4, **attributes), 5_000, rng())
    assert z.shape == (5_000, 4)
    assert kstest(z.flatten(), law.cdf).pvalue > 1e-3
    assert torch.allclose(torch.corrcoef(z.T), torch.eye(4), atol=0.06)  # 4 standard errors


def test_normal_latents_are_torchs_own_draws():
    """What has been trained and sampled so far stays as it is, to the bit."""
    assert torch.equal(latents(Stub(None, latent=3), 7, rng()), torch.randn(7, 3, generator=rng()))


def test_only_a_conditional_network_hears_the_labels():
    x, labels = torch.ones(2), torch.tensor([1, 5])
    assert torch.equal(told(Stub(lambda w, x: x), x, labels), x)
    assert torch.equal(told(Stub(lambda w, x, c: x * c, conditional=True), x, labels), labels.float())


def test_a_network_may_ask_for_another_deviation():
    assert torch.equal(latents(Stub(None, latent=3, prior_sd=0.5), 7, rng()), 0.5 * torch.randn(7, 3, generator=rng()))
