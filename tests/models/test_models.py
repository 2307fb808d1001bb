"""What every network owes: weights from its seed alone, and a loss that one step lowers."""

import pytest
import torch

from genrep import models, objectives
from genrep.data.arrays import DeviceImages
from genrep.objectives import Batch
from genrep.training import optimizers

SHAPE, CLASSES = (1, 28, 28), 10
RUNS = ["vae-adam", "gan-adam", "diffusion-adam", "classifier"]
RUNS += ["gan", "improved_gan", "cgan", "wgan", "wgan_gp", "vae"]
RUNS += ["acgan_mnist", "gan_mnist", "acwgan_mnist", "cvae_mnist", "vae_mnist"]


@pytest.fixture(scope="module")
def runs(smoke_runs, garment_runs, class_runs):
    return smoke_runs | garment_runs | class_runs


@pytest.mark.parametrize("name", RUNS)
def test_seed_alone_decides_the_weights(runs, name):
    def weights(seed):
        return models.build(runs[name].network, SHAPE, CLASSES, seed).state_dict()

    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = weights(3)
    assert torch.equal(torch.get_rng_state(), before)
    torch.rand(7)
    again, other = weights(3), weights(4)
    assert all(torch.equal(first[key], again[key]) for key in first)
    assert any(not torch.equal(first[key], other[key]) for key in first)


@pytest.mark.parametrize("name", RUNS)
def test_one_step_lowers_the_loss_of_eight_digits(runs, digits, cpu, name):
    run = runs[name]
    networks = models.build(run.network, SHAPE, CLASSES, seed=0)
    batch = Batch(*DeviceImages(digits, "train", run.data.range, cpu).batch(slice(8)))
    for phase in objectives.phases(networks, run.objective):
        noise = phase.draw(batch, torch.Generator().manual_seed(0))
        weights = [w for role in phase.networks for w in networks[role].parameters()]
        params = run.optimizer_for(phase.name)
        # a first step of Adam moves every weight by the rate, which overshoots in some networks
        optimizer = optimizers.build(params.model_copy(update={"lr": params.lr / 10}), weights)
        before = loss(phase, batch, noise)
        before.backward(inputs=weights)
        assert all(w.grad is not None for w in weights)  # every layer takes part
        optimizer.step()
        assert loss(phase, batch, noise) < before


def loss(phase, batch, noise):
    torch.manual_seed(0)  # the same dropout before and after the step
    return next(iter(phase.loss(batch, noise).values()))
