"""Claims over how trainings went."""

import numpy as np
import pytest

from genrep.params import load, resolve
from genrep.report.predicates.training import Finished, LossFlat, LossRougher, LossStays, RisesWhenGrown, grown
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker
from tests.report.predicates import MISSING, NO, OPEN, YES


def log(losses: np.ndarray) -> list[dict]:
    return [{"epoch": k + 1, "losses": {"generator": float(loss)}} for k, loss in enumerate(losses)]


def train(maker, *curves: np.ndarray, status: str = "finished") -> None:
    for seed, curve in enumerate(curves):
        maker.run("gan-adam", seed, {"fid": [5.0, 4.0]}, log=log(curve), status=status)


STEEP = np.concatenate([np.linspace(10, 1, 5), 1 + 0.01 * np.sin(np.arange(95))])
SLOW = np.linspace(10, 1, 100)


@pytest.mark.parametrize(("curves", "verdict"), [((STEEP,), YES), ((SLOW,), NO), ((STEEP, SLOW), OPEN)])
def test_a_loss_is_flat_after_its_first_epochs(maker, curves, verdict):
    train(maker, *curves)
    flat = LossFlat(kind="loss_flat", model="gan", loss="generator", after=0.07, within=0.1)
    found = flat.judge(maker.open())
    assert found.verdict == verdict
    assert "gan generator: share of the way left after 7% of the epochs" in found.observed


def test_what_is_left_of_the_way_of_a_straight_line():
    flat = LossFlat(kind="loss_flat", model="gan", loss="generator", after=0.5, within=0.1)
    assert flat.number(np.linspace(1, 0, 400)) == pytest.approx(0.46, abs=0.01)


CALM = 0.1 * (-1.0) ** np.arange(90)
CALMER = np.concatenate([10 * CALM[:60], CALM[60:]])
NOISE = np.random.default_rng(1).normal(size=90)  # rougher late by a little, which says nothing
WILD = np.concatenate([CALM[:60], 10 * CALM[60:]])


@pytest.mark.parametrize(
    ("curves", "verdict"), [((WILD,), YES), ((CALMER,), NO), ((WILD, CALMER), OPEN), ((NOISE,), OPEN)]
)
def test_a_loss_turns_rough_late(maker, curves, verdict):
    train(maker, *curves)
    rough = LossRougher(kind="loss_rougher", model="gan", loss="generator", late=(0.67, 1), early=(0.33, 0.67))
    assert rough.judge(maker.open()).verdict == verdict
    assert rough.number(NOISE) != 1
    assert rough.number(WILD) == pytest.approx(10, rel=0.05)


def test_too_few_epochs_and_unknown_losses_are_said(maker):
    train(maker, np.arange(4.0))
    rough = LossRougher(kind="loss_rougher", model="gan", loss="generator", late=(0.5, 1), early=(0, 0.5))
    assert rough.judge(maker.open()).reason == "gan: 4 epochs are too few to compare parts of them"
    flat = LossFlat(kind="loss_flat", model="gan", loss="critic", after=0.1, within=0.1)
    found = flat.judge(maker.open())
    assert found.verdict == Verdict.NOT_RUN
    assert "no loss 'critic'" in found.reason


@pytest.fixture
def desk(tmp_path) -> Maker:
    """The thesis's GAN grows to 64x64 from epoch 27 on, fading until epoch 30 of 40."""
    return Maker(tmp_path, resolve(load(ROOT / "params.yaml"), "thesis", "desk"))


def test_growing_is_no_roughness(desk):
    losses = np.concatenate([100 * CALM[:30], CALM[:5], 10 * CALM[5:10]])
    desk.run("gan", 0, {"fid": [1.0]}, log=log(losses))
    rough = LossRougher(kind="loss_rougher", model="gan", loss="generator", late=(0.5, 1), early=(0, 0.5))
    assert grown(desk.params.runs["gan"]) == 30
    assert grown(desk.params.runs["vae"]) == 0
    found = rough.judge(desk.open())
    assert (found.verdict, found.observed) == (YES, "gan generator: change between epochs, late over early, 10")


@pytest.mark.parametrize(
    ("late", "verdict"),
    [([5, 4, 3, 2, 1], YES), ([1, 2, 3, 4, 5], NO), ([5, 4, 3, 1, 2], YES), ([3, 1, 2, 5, 4], OPEN)],
)
def test_images_get_better_after_growing(desk, late, verdict):
    """What growing gained before says nothing."""
    desk.run("gan", 0, {"fid": [*np.linspace(100, 10, 35), *late]})
    found = RisesWhenGrown(kind="rises_when_grown", model="gan", metrics=("fid",)).judge(desk.open())
    whole = found.observed
    assert whole.startswith("gan fid: Kendall's tau with the epoch, from 30 on,")
    assert whole.endswith("(n=11)")
    record = desk.open().runs["gan"][0]
    kept = [one for one in record["snapshots"] if one["epoch"] < 30 or one["epoch"] > 35]
    desk.run("gan", 0, {"fid": [1.0]}, snapshots=kept)
    assert RisesWhenGrown(kind="rises_when_grown", model="gan", metrics=("fid",)).judge(desk.open()).verdict == verdict


def test_a_gan_that_never_grew_up_is_open(desk):
    desk.run("gan", 0, {"fid": [3.0, 2.0, 1.0]})
    found = RisesWhenGrown(kind="rises_when_grown", model="gan", metrics=("fid",)).judge(desk.open())
    assert (found.verdict, found.reason) == (OPEN, "gan: fewer than two snapshots from epoch 30 on")


def test_trainings_finish_or_do_not(maker):
    finished = Finished(kind="finished", model="gan")
    assert finished.judge(maker.open()).verdict == Verdict.NOT_RUN
    train(maker, STEEP, STEEP)
    found = finished.judge(maker.open())
    assert (found.verdict, found.observed) == (YES, "gan: 2 of 2 trainings finished")
    train(maker, STEEP, status="diverged: generator is NaN")
    found = finished.judge(maker.open())
    assert found.verdict == NO
    assert found.reason == "gan-adam seed 0 diverged: generator is NaN"


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
        maker.run("gan-adam", seed, {"fid": [1.0]}, log=log(np.array(values)))
    found = LossStays(kind="loss_stays", model="gan", loss="generator").judge(maker.open())
    assert found.verdict == verdict
    assert ("gan generator: rank correlation with the epoch" in found.observed) == (verdict != MISSING)


def test_a_loss_that_was_not_logged_is_not_run(maker):
    maker.run("gan-adam", 0, {"fid": [1.0]}, log=log(np.array([1.0, 2.0, 3.0])))
    found = LossStays(kind="loss_stays", model="gan", loss="critic").judge(maker.open())
    assert (found.verdict, found.reason) == (MISSING, "there is no loss 'critic'; there is generator")
