import numpy as np
import pytest
from scipy import stats

from genrep.errors import UserError
from genrep.report.estimates import NotMeasured, estimate, find


def entry(value, margin=0.5):
    return {"id": "fid/n=10", "value": value, "ci_low": value - margin, "ci_high": value + margin}


def test_three_seeds_give_a_student_interval():
    values = [1.0, 2.0, 4.0]
    found = estimate([entry(value) for value in values])
    low, high = stats.t.interval(0.95, 2, np.mean(values), stats.sem(values))
    assert (found.value, found.low, found.high) == pytest.approx((np.mean(values), low, high))
    assert found.n_seeds == 3
    assert found.seed_sd == pytest.approx(np.std(values, ddof=1))


@pytest.mark.parametrize("count", [1, 2])
def test_fewer_seeds_give_the_first_ones_bootstrap(count):
    found = estimate([entry(value) for value in [1.0, 2.0][:count]])
    assert (found.value, found.low, found.high, found.seed_sd) == (1.0, 0.5, 1.5, None)
    assert found.eval_sd == pytest.approx(0.5 / 1.96)


def test_best_run_has_the_lowest_fid(maker):
    maker.run("vae-adam", 0, {"fid": [9.0, 5.0]})
    maker.run("vae-sgd", 0, {"fid": [9.0, 3.0]})
    maker.run("vae-rmsprop", 0, {"fid": [9.0, 1.0]}, status="diverged: loss became nan")
    assert maker.open().best == {"vae": "vae-sgd"}


def test_missing_runs_say_what_they_would_cost(maker):
    maker.times(device="cpu", diffusion=[3600.0, 3600.0])
    with pytest.raises(NotMeasured, match=r"diffusion-adam, .*: not run; about 200 h on a chip \(cpu, 2 threads\)"):
        maker.open().best_run("diffusion")


def test_models_are_compared_at_a_sample_count_that_both_have(maker):
    for run in ("vae-adam", "gan-adam", "diffusion-adam"):
        maker.run(run, 0, {"fid": [1.0]})
    measurements = maker.open()
    assert measurements.common_n("vae", "gan") == 2000
    assert measurements.common_n("gan", "diffusion") == 500


def test_steady_state_is_the_median_of_the_later_epochs(maker):
    maker.times(vae=[10.0, 4.0, 5.0, 3.0])
    measurements = maker.open()
    assert measurements.epoch_seconds("vae", "first").value == 10.0
    last = measurements.epoch_seconds("vae", "last")
    assert (last.value, last.low, last.high) == (4.0, 3.0, 5.0)


@pytest.mark.parametrize("content", [b"{}", b"null", b"\xff\xfe", b"{"])
def test_damaged_measurement_is_one_line_that_names_it(maker, content):
    maker.run("vae-adam", 0, {"fid": [1.0]})
    path = maker.folder / "measurements" / "vae-adam-seed0.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"vae-adam-seed0\.json is (damaged|not valid JSON)"):
        _ = maker.open().runs


def test_a_part_of_the_official_images_is_a_deviation_of_every_verdict(maker):
    part = {"name": "celeba-64-10k", "share_of_official": 0.05, "deviations": ["the first 10,000 images"]}
    maker.run("vae-adam", 0, {"fid": [1.0]}, provenance={"data": part})
    maker.run("vae-adam", 1, {"fid": [1.0]}, provenance={"data": part})
    maker.run("gan-adam", 0, {"fid": [1.0]}, provenance={"data": {"name": "mnist", "deviations": []}})
    assert maker.open().deviations == "celeba-64-10k: the first 10,000 images"


def test_a_model_is_compared_with_the_real_images_of_its_own_classifier(maker, params):
    evaluation = params.evaluation.model_copy(update={"classifier_of": {"gan": "other"}})
    maker.params = params.model_copy(update={"evaluation": evaluation})
    maker.real(0.9, n=2000)
    (maker.folder / "measurements/real.json").rename(maker.folder / "measurements/real-other.json")
    maker.real(0.7, n=2000)
    found = maker.open()
    shares = [found.real_metric("legible_share", 2000, model).value for model in ("gan", "vae", None)]
    assert shares == [0.9, 0.7, 0.7]


def test_a_metric_is_told_from_its_namesake_by_its_protocol(maker):
    maker.run("vae-adam", 0, {"fid": [9.0, 5.0]})
    measurements = maker.open()
    assert measurements.at("vae-adam", "fid", 2000, protocol="fid/n=2000").value == 5.0
    with pytest.raises(NotMeasured, match="fid at n=2000 has not been measured with /clean"):
        measurements.at("vae-adam", "fid", 2000, protocol="/clean")


def test_losses_have_a_curve_over_all_epochs_of_the_log(maker):
    log = [{"epoch": epoch, "losses": {"loss": 10.0 / epoch}} for epoch in (1, 2, 4)]
    maker.run("vae-adam", 0, {"fid": [9.0]}, log=log)
    epochs, values = maker.open().curve("vae-adam", 0, "losses/loss", 0)
    assert (list(epochs), list(values)) == ([1, 2, 4], [10.0, 5.0, 2.5])


def test_multiples_of_an_estimate(maker):
    found = estimate([entry(value) for value in [1.0, 2.0, 4.0]])
    turned = found.times(-2.0)
    assert (turned.value, turned.low, turned.high) == pytest.approx((-2 * found.value, -2 * found.high, -2 * found.low))
    assert turned.seed_sd == pytest.approx(2 * found.seed_sd)
    assert turned.n_seeds == 3


def test_what_is_measured_on_images_knows_no_number_of_samples():
    entries = [{"id": "elbo/bce_sum/train/n=60000", "name": "elbo/train", "n": 60000, "value": -157.0}]
    assert find(entries, "elbo/train", 500)["value"] == -157.0
    with pytest.raises(NotMeasured, match=r"^elbo/test has not been measured$"):
        find(entries, "elbo/test", 500)


def test_one_seed_can_be_looked_at_alone(maker):
    for seed, value in enumerate([1.0, 2.0, 6.0]):
        maker.run("vae-adam", seed, {"fid": [value]}, margin=0.5)
    measurements = maker.open()
    assert measurements.at("vae-adam", "fid", 2000).value == 3.0
    alone = measurements.at("vae-adam", "fid", 2000, seed=2)
    assert (alone.value, alone.low, alone.high, alone.n_seeds) == (6.0, 5.5, 6.5, 1)


def test_a_model_that_a_scale_leaves_out_says_where_it_is_run_and_what_it_takes(maker, monkeypatch):
    monkeypatch.setattr("genrep.flops.training_flops_per_image", lambda *_: 2)
    monkeypatch.setattr("genrep.plan.images_to_see", lambda run: 1_000_000)
    maker.params = maker.params.model_copy(update={"left_out": {"vae": "run at full scale"}})
    with pytest.raises(NotMeasured, match=r"^vae: run at full scale; 6.00 M training images, 12.0 MFLOP$"):
        maker.open().best_run("vae")


def test_what_was_not_timed_is_estimated_by_its_arithmetic(maker, monkeypatch):
    """Two timed models do 10 * 100 and 20 * 100 operations in 1 s and 2 s: 1,000 a second."""
    monkeypatch.setattr("genrep.flops.training_flops_per_image", lambda *_: 2)
    monkeypatch.setattr("genrep.plan.images_to_see", lambda run: 1_800_000)
    with pytest.raises(NotMeasured, match=r"diffusion-adagrad: not run; 7.20 M training images, 14.4 MFLOP$"):
        maker.open().best_run("diffusion")
    maker.times(device="cpu", vae=[9.0, 1.0], gan=[9.0, 2.0])
    said = r"14.4 MFLOP: about 4 h on a chip \(cpu, 2 threads\), at the mean rate of what was timed$"
    with pytest.raises(NotMeasured, match=said):
        maker.open().best_run("diffusion")
