"""The schedule against torch's own."""

import pytest
import torch

from genrep.errors import UserError
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


# -- growing: batches of 16, 8 and 8 for 1, 1 and 2 epochs ------------------------------------------------------------


def test_resolutions_follow_each_other_at_epoch_boundaries(thesis_runs):
    schedule = Schedule(thesis_runs["gan"], 16, 100)
    assert schedule.starts == [0, 100, 200, 400]
    moments = [0, 99, 100, 199, 200, 399]
    assert [schedule.at(seen).resolution for seen in moments] == [4, 4, 8, 8, 16, 16]
    assert [schedule.at(seen).batch_size for seen in moments] == [16, 16, 8, 8, 8, 8]
    assert [schedule.at(seen).steps for seen in moments] == [7, 7, 13, 13, 13, 13]


def test_a_resolution_fades_in_from_0_to_1_image_by_image(thesis_runs):
    schedule = Schedule(thesis_runs["gan"], 16, 100)
    assert [schedule.at(seen).alpha for seen in (0, 50)] == [1, 1]  # nothing to fade in from
    assert [schedule.at(seen).alpha for seen in (200, 225, 299, 300, 399)] == [0, 0.25, 0.99, 1, 1]


def test_dropped_images_do_not_count(thesis_runs):
    schedule = Schedule(thesis_runs["gan"].model_copy(update={"drop_last": True}), 16, 100)
    assert schedule.starts == [0, 96, 192, 384]
    assert schedule.smallest_batch == 8
    assert Schedule(thesis_runs["gan"], 16, 100).smallest_batch == 4


def test_rate_falls_over_the_epochs_of_all_resolutions(thesis_runs):
    schedule = Schedule(thesis_runs["gan"].model_copy(update={"lr_decay": "linear"}), 16, 100)
    assert factors(schedule, 4, 100) == pytest.approx([1, 0.75, 0.5, 0.25])


def test_growth_that_ends_elsewhere_is_refused(thesis_runs):
    with pytest.raises(
        UserError, match="growth: ends at a resolution of 16, but the images have 32; give one part for"
    ):
        Schedule(thesis_runs["gan"], 32, 100)
    with pytest.raises(UserError, match="batch_size 16 is larger than the 9 images of the split; lower it"):
        Schedule(thesis_runs["gan"].model_copy(update={"drop_last": True}), 16, 9)
