"""Predicates about training, each provoked to every verdict by made-up curves."""

import numpy as np
import pytest
from pydantic import ValidationError

from genrep.report.predicates.dynamics import (
    Begins,
    Dips,
    Precedes,
    Settles,
    Steadier,
    Together,
    Tracks,
    rank_bound,
    settled,
)
from genrep.report.predicates.moments import Moment
from tests.report.predicates import MISSING, NO, OPEN, YES

PAIR = ("vae", "gan")


def runs(maker, vae=None, gan=None, metric="fid"):
    """Curves of one seed of each model."""
    for name, values in (("vae-adam", vae), ("gan-adam", gan)):
        if values is not None:
            maker.run(name, 0, {"fid": list(values)} | {metric: list(values)})
    return maker


# -- settling ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "metric", "epoch"),
    [
        ([90, 50, 10.9, 10, 10], "fid", 3),
        ([90, 50, 11.5, 10.5, 10], "fid", 4),
        ([10, 90, 90], "fid", 1),  # it never gets better
        ([0.1, 0.5, 0.92, 1.0], "legible_share", 3),
    ],
)
def test_settled_is_when_a_metric_first_comes_near_its_own_best(values, metric, epoch):
    assert settled(np.arange(1, len(values) + 1), np.array(values), metric, 1.1).at == epoch


def test_what_settles_at_the_end_of_its_run_may_not_have_settled():
    epochs, falling = np.arange(1, 21), 100 * 0.8 ** np.arange(20)
    assert settled(epochs, falling, "fid", 1.1) == Moment(19, 20, or_later=True)
    flat = np.where(epochs < 18, falling, falling[17])
    assert settled(epochs, flat, "fid", 1.1) == Moment(17, 18)


def test_plateaus_at_the_end_of_unequal_runs_are_left_open(maker):
    """A VAE that is stopped while it still gets better is no faster than a GAN that trains for longer."""
    part = Settles(kind="settles", models=PAIR, metric="fid", clocks=("epoch",))
    found = part.judge(runs(maker, 1.3 ** -np.arange(10), [9, 9, 8, 8, *[5] * 5, *[1] * 11]).open())
    assert found.verdict == OPEN
    assert "vae 10 or later, gan 10" in found.observed
    later = [9] * 11 + [1] * 9  # the VAE that settles at 5 is faster than a GAN that may settle later still
    assert part.judge(runs(maker, [9, 9, 9, 9, *[1] * 6], later).open()).verdict == YES


@pytest.mark.parametrize(
    ("vae", "gan", "verdict"),
    [([30, 10, 10, 10], [90, 60, 40, 30], YES), ([30, 20, 15, 10], [30, 10, 10, 10], NO), ([9, 9], [9, 9], OPEN)],
)
def test_settles_compares_plateaus_of_each_its_own(maker, vae, gan, verdict):
    found = Settles(kind="settles", models=PAIR, metric="fid", clocks=("epoch",)).judge(runs(maker, vae, gan).open())
    assert found.verdict == verdict
    assert found.observed.startswith("epoch within 1.1 times its own best fid: vae ")


def test_seconds_count_the_time_of_each_models_epochs(maker):
    runs(maker, [30, 10, 10, 10], [90, 60, 10, 10]).times(vae=[9.0, 9.0], gan=[1.0, 1.0])
    epochs, seconds = (
        Settles(kind="settles", models=PAIR, metric="fid", clocks=(clock,)).judge(maker.open())
        for clock in ("epoch", "seconds")
    )
    assert (epochs.verdict, seconds.verdict) == (YES, NO)  # 2 epochs are 18 s, 3 are 3 s
    both = Settles(kind="settles", models=PAIR, metric="fid", clocks=("epoch", "seconds")).judge(maker.open())
    assert both.verdict == OPEN


def test_overlapping_seeds_leave_the_order_open(maker):
    for seed, vae in enumerate([[30, 10, 10], [30, 20, 10]]):
        maker.run("vae-adam", seed, {"fid": vae})
        maker.run("gan-adam", seed, {"fid": [30, 10, 10]})
    found = Settles(kind="settles", models=PAIR, metric="fid", clocks=("epoch",)).judge(maker.open())
    assert (found.verdict, found.reason) == (OPEN, "the seeds' ranges overlap")


def test_one_metric_precedes_another(maker):
    maker.run("gan-adam", 0, {"fid": [9, 9, 9, 9], "shape_distance": [9, 1, 1, 1], "colour_distance": [9, 8, 7, 1]})
    first, second = "shape_distance", "colour_distance"
    found = Precedes(kind="precedes", model="gan", metrics=(first, second)).judge(maker.open())
    assert found.verdict == YES
    assert "shape_distance 2, colour_distance 4" in found.observed
    assert Precedes(kind="precedes", model="gan", metrics=(second, first)).judge(maker.open()).verdict == NO


def test_settling_on_nothing_is_refused():
    with pytest.raises(ValidationError, match="greater than 1"):
        Precedes(kind="precedes", model="gan", metrics=PAIR, within=1.0)


# -- steadiness -------------------------------------------------------------------------------------------------------


def wave(amplitude, count=30):
    """Falls to a plateau on which it swings; the first half swings more than any second half."""
    rng = np.random.default_rng(0)
    first = 100 * np.exp(rng.normal(0, 1, count // 2))
    return [*first, *(10 * np.exp(amplitude * rng.normal(0, 1, count - count // 2)))]


@pytest.mark.parametrize(
    ("vae", "gan", "verdict"), [(0.02, 0.5, YES), (0.5, 0.02, NO), (0.2, 0.2, OPEN), (0.0, 0.0, OPEN)]
)
def test_steadier_compares_the_swings_of_second_halves(maker, vae, gan, verdict):
    found = Steadier(kind="steadier", models=PAIR, metric="fid").judge(runs(maker, wave(vae), wave(gan)).open())
    assert found.verdict == verdict


def test_an_even_trend_is_no_swing(maker):
    falling = 1000 * 0.8 ** np.arange(30)
    found = Steadier(kind="steadier", models=PAIR, metric="fid").judge(runs(maker, falling, wave(0.5)).open())
    assert found.verdict == YES


def test_a_few_snapshots_decide_nothing(maker):
    found = Steadier(kind="steadier", models=PAIR, metric="fid").judge(runs(maker, wave(0.01, 8), wave(1, 8)).open())
    assert (found.verdict, found.reason) == (OPEN, "fewer than 6 snapshots in the second half")


def test_seeds_that_disagree_leave_it_open(maker):
    for seed, amplitude in enumerate((0.01, 1.0)):
        maker.run("vae-adam", seed, {"fid": wave(amplitude)})
    maker.run("gan-adam", 0, {"fid": wave(0.2)})
    assert Steadier(kind="steadier", models=PAIR, metric="fid").judge(maker.open()).verdict == OPEN


@pytest.mark.parametrize(
    ("values", "verdict"),
    [([0.1, 0.7, 0.02, 0.7], YES), ([0.02, 0.7, 0.4, 0.7], NO), ([0.1, 0.2, 0.02], OPEN)],
)
def test_dips_fall_after_having_been_high(maker, values, verdict):
    runs(maker, gan=values, metric="legible_share").real(1.0, n=2000)
    found = Dips(kind="dips", model="gan", metric="legible_share", above=0.5, below=0.1).judge(maker.open())
    assert found.verdict == verdict


def test_one_seed_that_dips_is_enough(maker):
    for seed, values in enumerate([[0.7, 0.7], [0.7, 0.01]]):
        maker.run("gan-adam", seed, {"fid": [1.0, 1.0], "legible_share": values})
    maker.real(1.0, n=2000)
    part = Dips(kind="dips", model="gan", metric="legible_share", above=0.5, below=0.1)
    assert part.judge(maker.open()).verdict == YES


# -- losses -----------------------------------------------------------------------------------------------------------


def logged(maker, fid, loss, seed=0):
    log = [{"epoch": i + 1, "losses": {"critic_game": float(value)}} for i, value in enumerate(loss)]
    maker.run("gan-adam", seed, {"fid": list(fid)}, log=log)
    return maker


FALLING = 100.0 / np.arange(1, 13)
NOISE = np.random.default_rng(0).normal(size=12)


@pytest.mark.parametrize(
    ("loss", "expected", "verdict"),
    [
        (-FALLING, True, YES),
        (-FALLING, False, NO),
        (FALLING, True, NO),
        (FALLING, False, YES),  # it runs against the quality, which is no help either
        (NOISE, True, NO),
        (NOISE, False, YES),
    ],
)
def test_tracks(maker, loss, expected, verdict):
    part = Tracks(kind="tracks", model="gan", loss="critic_game", metric="fid", sign=-1, expected=expected)
    assert part.judge(logged(maker, FALLING, loss).open()).verdict == verdict


@pytest.mark.parametrize("expected", [True, False])
def test_a_correlation_that_is_not_beyond_chance_on_a_few_snapshots_says_nothing(maker, expected):
    """Nine snapshots with a rank correlation of 0.65: not beyond chance, and by no means small."""
    ranks = np.array([4, 1, 2, 7, 3, 9, 5, 6, 8], float)
    part = Tracks(kind="tracks", model="gan", loss="critic_game", metric="fid", expected=expected)
    found = part.judge(logged(maker, np.arange(1.0, 10), ranks).open())
    assert (found.verdict, found.reason) == (OPEN, "too few snapshots to tell")
    assert "0.65 (at most 0.93)" in found.observed


def test_a_weak_correlation_on_many_snapshots_shows_little(maker):
    rng = np.random.default_rng(1)
    fid = np.arange(1.0, 101)
    part = Tracks(kind="tracks", model="gan", loss="critic_game", metric="fid", expected=False)
    found = part.judge(logged(maker, fid, fid + rng.normal(0, 70, 100)).open())
    assert found.verdict == YES


@pytest.mark.parametrize(
    ("rho", "count", "bound"), [(0.0, 28, np.tanh(1.96 / 5)), (-1.0, 28, -1.0), (1.0, 28, 1.0), (0.2, 3, 1.0)]
)
def test_upper_bound_of_a_rank_correlation(rho, count, bound):
    assert rank_bound(rho, count) == pytest.approx(bound, abs=1e-6)


def test_losses_on_a_few_snapshots_decide_nothing_and_a_missing_one_is_named(maker):
    part = Tracks(kind="tracks", model="gan", loss="critic_game", metric="fid")
    for count in (5, 2):
        assert part.judge(logged(maker, FALLING[:count], FALLING[:count]).open()).verdict == OPEN
    other = Tracks(kind="tracks", model="gan", loss="generator", metric="fid").judge(maker.open())
    assert (other.verdict, other.reason) == (MISSING, "gan-adam: its log has no loss 'generator'")


def test_seeds_that_disagree_about_a_loss_leave_it_open(maker):
    logged(maker, FALLING, FALLING)
    logged(maker, FALLING, -FALLING, seed=1)
    part = Tracks(kind="tracks", model="gan", loss="critic_game", metric="fid")
    assert part.judge(maker.open()).verdict == OPEN


# -- beginnings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "verdict"), [((0.8, 0.9), YES), ((0.1, 0.2), NO), ((0.8, 0.1), OPEN)])
def test_begins_looks_at_the_first_snapshot_of_every_seed(maker, first, verdict):
    for seed, value in enumerate(first):
        maker.run("gan-adam", seed, {"fid": [1.0, 1.0], "class_1_share": [value, 0.3]})
    found = Begins(kind="begins", model="gan", metric="class_1_share", value=0.5).judge(maker.open())
    assert found.verdict == verdict


@pytest.mark.parametrize(
    "part",
    [
        Settles(kind="settles", models=PAIR, metric="fid", clocks=("epoch",)),
        Precedes(kind="precedes", model="gan", metrics=("fid", "sharpness")),
        Steadier(kind="steadier", models=PAIR, metric="fid"),
        Dips(kind="dips", model="gan", metric="contrast", above=0.5, below=0.1),
        Tracks(kind="tracks", model="gan", loss="generator", metric="fid"),
        Begins(kind="begins", model="gan", metric="fid", value=1),
    ],
    ids=lambda part: part.kind,
)
def test_what_was_not_run_is_said(maker, part):
    found = part.judge(maker.open())
    assert found.verdict == MISSING
    assert "not run" in found.reason


def two_metrics(maker, first: list[float], second: list[float], seed: int = 0, **more) -> None:
    maker.run("vae-adam", seed, {"fid": first, "legible_share": second}, **more)


@pytest.mark.parametrize(
    ("fid", "share", "verdict"),
    [
        ([6, 5, 4, 3, 2, 1], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], YES),  # lower FID, more legible: both better
        ([1, 2, 3, 4, 5, 6], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6], NO),
        ([3, 1, 4, 1, 5, 2], [0.3, 0.5, 0.1, 0.4, 0.2, 0.6], OPEN),
    ],
)
def test_two_measures_get_better_together_or_not(maker, fid, share, verdict):
    two_metrics(maker, list(map(float, fid)), share)
    claim = Together(kind="together", model="vae", metrics=("fid", "legible_share"))
    assert claim.judge(maker.open()).verdict == verdict


def test_a_loss_goes_with_a_measure_at_the_epochs_that_both_have(maker):
    log = [{"epoch": epoch, "losses": {"loss": value}} for epoch, value in enumerate((9, 8, 7, 6, 5, 99), 1)]
    two_metrics(
        maker,
        [5.0, 4.0, 3.0, 2.0, 1.0],
        [0.5] * 5,
        log=log,
    )
    claim = Together(kind="together", model="vae", metrics=("losses/loss", "fid"))
    found = claim.judge(maker.open())
    assert found.verdict == YES  # epoch 6 has no snapshot
    assert found.observed == "vae: rank correlation of better losses/loss with better fid 1.00"
