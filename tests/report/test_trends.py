"""Predicates over the course of a training, over made-up curves in one or more seeds."""

import pytest

from genrep.report.trends import FallsShort, LossStays, Together
from genrep.report.verdicts import Verdict

YES, NO, OPEN, MISSING = Verdict.REPLICATED, Verdict.NOT_REPLICATED, Verdict.INCONCLUSIVE, Verdict.NOT_RUN
PAIR = ("vae", "gan")


def log(*values: float, name: str = "generator") -> list[dict]:
    return [{"epoch": epoch, "losses": {name: value}} for epoch, value in enumerate(values, 1)]


@pytest.mark.parametrize(("gan", "verdict"), [(0.1, YES), (0.9, NO), (0.455, OPEN)])
@pytest.mark.parametrize("goal", [{"value": 0.45}, {"share_of_real": 0.5}])
def test_falls_short(maker, gan, verdict, goal):
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [gan]})
    maker.real(0.9, n=2_000)
    found = FallsShort(kind="falls_short", model="gan", metric="legible_share", **goal).judge(maker.open())
    assert found.verdict == verdict
    assert "goal 0.45" in found.observed
    assert ("real images' 0.9" in found.observed) == ("share_of_real" in goal)


@pytest.mark.parametrize(("real", "verdict"), [((0.0, 0.0), OPEN), ((0.03, 0.04), OPEN), ((0.3, 0.1), YES)])
def test_nothing_falls_short_of_what_real_images_do_not_have(maker, real, verdict):
    value, margin = real
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [0.0]}, margin=0.0)
    maker.real(value, n=2_000, margin=margin)
    claim = FallsShort(kind="falls_short", model="gan", metric="legible_share", share_of_real=0.5)
    found = claim.judge(maker.open())
    assert found.verdict == verdict
    assert (f"real images themselves have {value:g}" in found.reason) == (verdict == OPEN)


def test_the_goal_is_as_uncertain_as_the_real_images(maker):
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [0.4]}, margin=0.0)
    maker.real(0.9, n=2_000, margin=0.2)
    claim = FallsShort(kind="falls_short", model="gan", metric="legible_share", share_of_real=0.5)
    assert claim.judge(maker.open()).verdict == OPEN  # the goal is between 0.35 and 0.55


@pytest.mark.parametrize(
    ("seeds", "verdict"),
    [
        ([[1, 2, 3, 4, 5, 6]], YES),
        ([[3, 1, 4, 1, 5, 2]], YES),  # no trend is no fall
        ([[6, 5, 4, 3, 2, 1]], NO),
        ([[1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]], OPEN),
        ([[2, 1]], MISSING),
    ],
)
def test_a_loss_stays_unless_it_falls(maker, seeds, verdict):
    for seed, values in enumerate(seeds):
        maker.run("gan-adam", seed, {"fid": [1.0]}, log=log(*map(float, values)))
    found = LossStays(kind="loss_stays", model="gan", loss="generator").judge(maker.open())
    assert found.verdict == verdict
    assert ("gan generator: rank correlation with the epoch" in found.observed) == (verdict != MISSING)


def test_a_loss_that_was_not_logged_is_not_run(maker):
    maker.run("gan-adam", 0, {"fid": [1.0]}, log=log(1.0, 2.0, 3.0))
    found = LossStays(kind="loss_stays", model="gan", loss="critic").judge(maker.open())
    assert (found.verdict, found.reason) == (MISSING, "there is no loss 'critic'; there is generator")


def curves(maker, first: list[float], second: list[float], seed: int = 0, **more) -> None:
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
    curves(maker, list(map(float, fid)), share)
    claim = Together(kind="together", model="vae", metrics=("fid", "legible_share"))
    assert claim.judge(maker.open()).verdict == verdict


def test_a_loss_goes_with_a_measure_at_the_epochs_that_both_have(maker):
    curves(maker, [5.0, 4.0, 3.0, 2.0, 1.0], [0.5] * 5, log=log(9, 8, 7, 6, 5, 99, name="loss"))
    claim = Together(kind="together", model="vae", metrics=("losses/loss", "fid"))
    found = claim.judge(maker.open())
    assert found.verdict == YES  # epoch 6 has no snapshot
    assert found.observed == "vae: rank correlation of better losses/loss with better fid 1.00"


def test_without_a_run_nothing_is_judged(maker):
    maker.run("vae-adam", 0, {"fid": [1.0, 2.0, 3.0]})
    measurements = maker.open()
    for claim in (
        LossStays(kind="loss_stays", model="gan", loss="generator"),
        Together(kind="together", model="gan", metrics=("fid", "legible_share")),
    ):
        found = claim.judge(measurements)
        assert found.verdict == MISSING
        assert "gan-adam" in found.reason
