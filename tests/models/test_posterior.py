import torch

from genrep.models.posterior import Posterior, root

N, D = 4_000, 3


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def encoded() -> tuple[torch.Tensor, torch.Tensor]:
    """Means and deviations with correlated dimensions."""
    mixing = torch.tensor([[1.0, 0, 0], [0.8, 0.3, 0], [-0.2, 0.1, 0.05]])
    means = torch.randn(N, D, generator=rng(1)) @ mixing.T + torch.tensor([1.0, -2.0, 0.5])
    deviations = 0.3 + 0.1 * torch.randn(N, D, generator=rng(2)) @ mixing
    return means, deviations


def test_draws_have_the_moments_of_what_was_fitted():
    """z = m + s eps: mean E[m], covariance Cov[m] + diag(E[s]^2 + Var[s])."""
    means, deviations = encoded()
    posterior = Posterior(D)
    posterior.fit(means, deviations)
    z = posterior.draw(200_000, rng()).double()
    covariance = torch.cov(means.double().T) + torch.diag(deviations.double().square().mean(0))
    torch.testing.assert_close(z.mean(0), means.double().mean(0), rtol=0, atol=0.02)
    torch.testing.assert_close(torch.cov(z.T), covariance, rtol=0, atol=0.03)


def test_fewer_images_than_dimensions():
    """A singular covariance: draws stay in the span of what was encoded."""
    means = torch.randn(3, 1, generator=rng()) * torch.ones(8)
    posterior = Posterior(8)
    posterior.fit(means, torch.zeros(3, 8))
    z = posterior.draw(50, rng())
    assert z.std() > 0.1
    torch.testing.assert_close(z, z[:, :1].expand(50, 8), rtol=1e-4, atol=1e-4)


def test_root_of_a_covariance():
    matrix = torch.randn(4, 6, dtype=torch.float64, generator=rng())
    covariance = matrix @ matrix.T
    torch.testing.assert_close(root(covariance) @ root(covariance).T, covariance)


def test_it_is_saved_with_the_networks():
    posterior, copy = Posterior(D), Posterior(D)
    posterior.fit(*encoded())
    copy.load_state_dict(posterior.state_dict())
    assert torch.equal(copy.draw(5, rng()), posterior.draw(5, rng()))
    assert not list(posterior.parameters())


def test_until_it_is_fitted_it_is_the_prior():
    z = Posterior(D).draw(50_000, rng())
    torch.testing.assert_close(z.mean(0), torch.zeros(D), rtol=0, atol=0.02)
    torch.testing.assert_close(torch.cov(z.T), torch.eye(D), rtol=0, atol=0.02)
