"""The schedule against torch's own."""

import pytest
import torch

from genrep.training.schedule import Schedule


def factors(schedule: Schedule, epochs: int, images: int) -> list[float]:
    return [schedule.at(epoch * images).lr for epoch in range(epochs)]


def test_linear_decay_is_torchs_polynomial_of_power_1(smoke_runs):
    run = smoke_runs["diffusion-adam"].model_copy(update={"epochs": 7, "lr_decay": "linear"})
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    reference = torch.optim.lr_scheduler.PolynomialLR(optimizer, total_iters=7, power=1)
    expected = []
    for _ in range(7):
        expected.append(reference.get_last_lr()[0])
        optimizer.step()
        reference.step()
    assert factors(Schedule(run, 28, 90), 7, 90) == pytest.approx(expected)


def test_rate_falls_at_epoch_boundaries_only(smoke_runs):
    run = smoke_runs["diffusion-adam"].model_copy(update={"epochs": 4, "lr_decay": "linear"})
    schedule = Schedule(run, 28, 100)
    assert {schedule.at(seen).lr for seen in (100, 101, 150, 199)} == {0.75}
    assert schedule.at(99).lr > schedule.at(100).lr > schedule.at(200).lr > 0


def test_constant_rate_and_size(smoke_runs):
    run = smoke_runs["vae-adam"]
    schedule = Schedule(run, 28, 100)
    assert set(factors(schedule, run.epochs, 100)) == {1.0}
    assert schedule.at(0)[:3] == schedule.at(777)[:3] == (28, 1.0, run.batch_size)
