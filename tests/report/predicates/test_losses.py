"""Losses that were made up, so that each verdict can be provoked."""

from typing import Any

import numpy as np
import pytest

from genrep.params import load, resolve
from genrep.report.predicates.losses import Breaks, TradesOff
from tests.report.conftest import ROOT, Maker
from tests.report.predicates import MISSING, NO, OPEN, YES

EPOCHS = np.arange(20)
NOISE = np.random.default_rng(0).normal(size=20)


@pytest.fixture
def desk(tmp_path) -> Maker:
    return Maker(tmp_path, resolve(load(ROOT / "params.yaml"), "thesis", "desk"))


def run(maker: Maker, name: str, losses: dict[str, Any], seed: int = 0, **curves: list[float]) -> Any:
    """One run whose losses take the given values over its epochs."""
    count = len(next(iter(losses.values())))
    log = [
        {"epoch": epoch + 1, "losses": {loss: float(values[epoch]) for loss, values in losses.items()}}
        for epoch in range(count)
    ]
    maker.run(name, seed, {"fid": [1.0]} | curves, log=log)
    return maker.open()


@pytest.mark.parametrize(
    ("kl", "verdict"), [(-NOISE, YES), (NOISE, NO), (np.random.default_rng(1).normal(size=20), OPEN)]
)
def test_losses_trade_off_where_one_rises_as_the_other_falls(desk, kl, verdict):
    """Around a common trend, which says nothing."""
    measurements = run(desk, "vae", {"reconstruction": NOISE - 5 * EPOCHS, "kl": kl - 5 * EPOCHS})
    found = TradesOff(kind="trades_off", model="vae", losses=("reconstruction", "kl")).judge(measurements)
    assert found.verdict == verdict
    assert "changes of reconstruction and kl" in found.observed


@pytest.mark.parametrize(("jump", "verdict"), [(50.0, YES), (0.0, NO), (None, OPEN)])
def test_losses_break_where_the_resolution_changes(desk, jump, verdict):
    """After epochs 6, 12, 18 and 26 of 40."""
    rng = np.random.default_rng(0)
    changes = rng.uniform(1, 2, size=39) * rng.choice([-1, 1], size=39)
    if jump is not None:
        changes[[5, 11, 17, 25]] = jump
    measurements = run(desk, "gan", {"critic": np.concatenate([[0.0], changes.cumsum()])})
    found = Breaks(kind="breaks", model="gan", losses=("critic",)).judge(measurements)
    assert found.verdict == verdict


def test_a_model_that_does_not_grow_has_no_breaks(desk):
    measurements = run(desk, "vae", {"loss": NOISE})
    found = Breaks(kind="breaks", model="vae", losses=("loss",)).judge(measurements)
    assert (found.verdict, found.reason) == (MISSING, "vae does not grow")


def test_every_seed_has_to_say_the_same(desk):
    desk.params = desk.params.model_copy(
        update={"runs": {"vae": desk.params.runs["vae"].model_copy(update={"seeds": (0, 1)})}}
    )
    run(desk, "vae", {"reconstruction": NOISE, "kl": -NOISE}, seed=0)
    measurements = run(desk, "vae", {"reconstruction": NOISE, "kl": NOISE}, seed=1)
    found = TradesOff(kind="trades_off", model="vae", losses=("reconstruction", "kl")).judge(measurements)
    assert (found.verdict, found.reason) == (OPEN, "no clear tendency")
    assert found.observed.endswith("-1.00, 1.00")


def test_what_is_missing_is_not_run(desk):
    predicate = TradesOff(kind="trades_off", model="vae", losses=("reconstruction", "kl"))
    assert predicate.judge(desk.open()).verdict == MISSING
    found = predicate.judge(run(desk, "vae", {"loss": NOISE}, fid=[1.0] * 9))
    assert found.verdict == MISSING
    assert "was logged; there are loss" in found.reason
