import pytest
from pydantic import ValidationError

from genrep.files import read_json, write_json
from genrep.report.predicates.runs import Agrees, Drift, FallsShort, Order, Reaches, Rises, Sooner, moment
from tests.report.predicates import MISSING, NO, OPEN, YES

PAIR = ("vae", "gan")


def two_models(maker, vae, gan, margin=0.01):
    maker.run("vae-adam", 0, {"fid": [1.0] * len(vae), "legible_share": vae}, margin)
    maker.run("gan-adam", 0, {"fid": [1.0] * len(gan), "legible_share": gan}, margin)
    return maker


@pytest.mark.parametrize(("vae", "gan", "verdict"), [(0.2, 0.8, YES), (0.8, 0.2, NO), (0.5, 0.505, OPEN)])
def test_order_by_a_quality(maker, vae, gan, verdict):
    measurements = two_models(maker, [vae], [gan]).open()
    assert Order(kind="order", models=PAIR, metrics=("legible_share",)).judge(measurements).verdict == verdict


def test_lower_fid_is_clearer(maker):
    maker.run("vae-adam", 0, {"fid": [30.0]})
    maker.run("gan-adam", 0, {"fid": [10.0]})
    assert Order(kind="order", models=PAIR, metrics=("fid",)).judge(maker.open()).verdict == YES


def test_order_without_a_run_is_not_run(maker):
    maker.run("vae-adam", 0, {"fid": [1.0]})
    found = Order(kind="order", models=PAIR, metrics=("fid",)).judge(maker.open())
    assert found.verdict == MISSING
    assert "gan-adam" in found.reason


@pytest.mark.parametrize(("gan", "verdict"), [(0.5, YES), (0.95, NO), (0.895, OPEN)])
def test_real_images_can_be_compared_with(maker, gan, verdict):
    """At the sample count of the model, not at the most there are."""
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [gan]})
    maker.real(1.0, n=10_000)
    maker.real(0.9, n=2_000)
    found = Order(kind="order", models=("gan", "real"), metrics=("legible_share",)).judge(maker.open())
    assert found.verdict == verdict
    assert "real 0.9" in found.observed


def test_real_images_that_were_not_measured_at_that_count_are_not_run(maker):
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [0.5]})
    maker.real(1.0, n=10_000)
    found = Order(kind="order", models=("gan", "real"), metrics=("legible_share",)).judge(maker.open())
    assert (found.verdict, found.reason) == (MISSING, "legible_share at n=2000 has not been measured")


@pytest.mark.parametrize(("gan", "verdict"), [(0.9, YES), (0.1, NO), (0.455, OPEN)])
@pytest.mark.parametrize("goal", [{"value": 0.45}, {"share_of_real": 0.5}])
def test_reaches(maker, gan, verdict, goal):
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [gan]})
    maker.real(0.9, n=2_000)
    found = Reaches(kind="reaches", model="gan", metric="legible_share", **goal).judge(maker.open())
    assert found.verdict == verdict
    assert "goal 0.45" in found.observed


def test_reaches_without_a_measurement_is_not_run(maker):
    maker.run("gan-adam", 0, {"fid": [1.0], "legible_share": [0.5]})
    for metric, goal in (("classes_covered", {"value": 10}), ("legible_share", {"share_of_real": 0.5})):
        assert Reaches(kind="reaches", model="gan", metric=metric, **goal).judge(maker.open()).verdict == MISSING


@pytest.mark.parametrize("goals", [{}, {"value": 1, "share_of_real": 1}])
def test_reaches_has_one_goal(goals):
    with pytest.raises(ValidationError, match="either value or share_of_real"):
        Reaches(kind="reaches", model="gan", metric="legible_share", **goals)


@pytest.mark.parametrize(("gan", "verdict"), [(0.9, YES), (0.1, NO)])
def test_quality_and_cost_agree_or_not(maker, gan, verdict):
    two_models(maker, [0.5], [gan]).times(vae=[1.0, 1.0], gan=[1.0, 1.0])  # the GAN has more arithmetic
    claim = Agrees(kind="agrees", models=PAIR, metrics=("legible_share",), cost="epoch_flops")
    assert claim.judge(maker.open()).verdict == verdict


@pytest.mark.parametrize(("values", "verdict"), [([10.0, 3.0, 3.0], YES), ([10.0, 10.0, 10.0], NO), ([10, 5, 6], OPEN)])
def test_drift(maker, values, verdict):
    maker.times(vae=values)
    assert Drift(kind="drift", model="vae", below=0.55).judge(maker.open()).verdict == verdict


@pytest.mark.parametrize(
    ("values", "verdict"),
    [
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], YES),
        ([0.6, 0.5, 0.4, 0.3, 0.2, 0.1], NO),
        ([0.3, 0.1, 0.4, 0.2, 0.5, 0.2], OPEN),
    ],
)
def test_rises(maker, values, verdict):
    maker.run("vae-adam", 0, {"fid": [1.0] * 6, "legible_share": values})
    assert Rises(kind="rises", model="vae", metrics=("legible_share",)).judge(maker.open()).verdict == verdict


@pytest.mark.parametrize(
    ("vae", "gan", "verdict"),
    [
        ([0.5, 0.95, 0.95], [0.5, 0.5, 0.95], YES),
        ([0.5, 0.5, 0.95], [0.5, 0.95, 0.95], NO),
        ([0.5, 0.95, 0.95], [0.95, 0.5, 0.95], YES),  # the GAN's first crossing did not last
        ([0.5, 0.5, 0.95], [0.5, 0.5, 0.5], YES),
        ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5], OPEN),
        ([0.5, 0.95, 0.95], [0.5, 0.95, 0.95], OPEN),  # between the same two snapshots
    ],
)
def test_sooner(maker, vae, gan, verdict):
    two_models(maker, vae, gan).real(1.0)
    maker.times(vae=[3.0, 3.0, 3.0], gan=[3.0, 3.0, 3.0])
    claim = Sooner(kind="sooner", models=PAIR, metric="legible_share", share_of_real=0.9, clocks=("epoch", "seconds"))
    found = claim.judge(maker.open())
    assert found.verdict == verdict
    assert "epoch at 90% of real" in found.observed


def test_sooner_by_seconds_counts_epochs_as_timed_alone(maker):
    two_models(maker, [0.5, 0.95], [0.5, 0.95]).real(1.0)
    maker.times(vae=[9.0, 2.0, 2.0], gan=[3.0, 3.0, 3.0])
    claim = Sooner(kind="sooner", models=PAIR, metric="legible_share", share_of_real=0.9, clocks=("seconds",))
    found = claim.judge(maker.open())
    assert found.verdict == NO
    assert "vae 11, gan 6" in found.observed


def test_sooner_by_seconds_without_times_is_not_run(maker):
    two_models(maker, [0.5, 0.95], [0.5, 0.95]).real(1.0)
    claim = Sooner(kind="sooner", models=PAIR, metric="legible_share", share_of_real=0.9, clocks=("seconds",))
    assert claim.judge(maker.open()).verdict == MISSING


def test_what_falls_between_the_same_two_snapshots_is_open(maker):
    """The VAE gets there after its first epoch and by its fifth, the GAN after its second and by its third."""
    two_models(maker, [0.5, 0.95, 0.95], [0.5, 0.5, 0.95]).real(1.0)
    path = maker.folder / "measurements" / "vae-adam-seed0.json"
    record = read_json(path)
    for snapshot, epoch in zip(record["snapshots"], (1, 5, 9), strict=True):
        snapshot["epoch"] = epoch
    write_json(path, record)
    claim = Sooner(kind="sooner", models=PAIR, metric="legible_share", share_of_real=0.9, clocks=("epoch",))
    found = claim.judge(maker.open())
    assert (found.verdict, found.reason) == (OPEN, "both between the same snapshots")


def test_sooner_with_overlapping_seeds_is_open(maker):
    for seed, curve in enumerate([[0.5, 0.95, 0.95, 0.95], [0.5, 0.5, 0.5, 0.95]]):
        maker.run("gan-adam", seed, {"fid": [1.0] * 4, "legible_share": curve})
    maker.run("vae-adam", 0, {"fid": [1.0] * 4, "legible_share": [0.5, 0.5, 0.95, 0.95]})
    maker.real(1.0)
    claim = Sooner(kind="sooner", models=PAIR, metric="legible_share", share_of_real=0.9, clocks=("epoch",))
    assert claim.judge(maker.open()).verdict == OPEN


@pytest.mark.parametrize(("name", "found"), [("gan", ("gan", None)), ("gan@5", ("gan", 5))])
def test_a_model_may_be_looked_at_after_an_epoch(name, found):
    assert moment(name) == found


def test_order_at_epochs_before_the_last(maker):
    measurements = two_models(maker, [0.8, 0.1, 0.1], [0.2, 0.5, 0.9]).open()

    def judged(*models):
        return Order(kind="order", models=models, metrics=("legible_share",)).judge(measurements)

    assert judged("gan@1", "vae@1").verdict == YES
    assert judged("gan@2", "vae@1").verdict == YES
    assert judged("vae@1", "gan").verdict == YES
    assert judged("vae@1", "gan@2").verdict == NO
    assert judged("gan@1", "vae@1").observed == "legible_share: gan@1 0.2 [0.19, 0.21], vae@1 0.8 [0.79, 0.81]"
    late = judged("gan@4", "vae@1")
    assert (late.verdict, late.reason) == (MISSING, "gan-adam: no measurement after epoch 4")


def test_relative_sharpness_is_over_that_of_each_models_own_real_images(maker, params):
    evaluation = params.evaluation.model_copy(update={"classifier_of": {"gan": "other"}})
    maker.params = params.model_copy(update={"evaluation": evaluation})
    for model, value in (("vae", 0.5), ("gan", 0.6)):
        maker.run(f"{model}-adam", 0, {"fid": [1.0], "sharpness": [value]}, margin=0.001)
    for name, value in (("real-other", 0.8), ("real", 0.5)):
        entry = {"id": "sharpness", "name": "sharpness", "n": 2000, "value": value, "ci_low": value, "ci_high": value}
        path = maker.folder / "measurements" / f"{name}.json"
        write_json(path, {"snapshots": [{"epoch": None, "metrics": [entry]}]})
    found = Order(kind="order", models=("gan", "vae"), metrics=("relative/sharpness",)).judge(maker.open())
    assert found.verdict == YES  # 0.75 of real against all of it
    assert "gan 0.75" in found.observed


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
