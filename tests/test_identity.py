"""Keys change exactly with what they should: parameters, seed, data and code, and the parts of each that matter."""

import subprocess
import sys

import pytest

from genrep.data.catalogue import catalogue, data_set
from genrep.identity import feature_code, inception_key, measurement_key, run_key
from genrep.params import load, resolve
from tests.conftest import ROOT
from tests.package_copy import copied_package


@pytest.fixture(scope="module")
def smoke():
    return resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke")


@pytest.fixture
def package(tmp_path):
    with copied_package(tmp_path / "genrep") as copy:
        yield copy


def changed_run(replication, name, **changes):
    """The replication with blocks of one run updated, a nested mapping key by key."""
    run = replication.runs[name]
    for key, value in changes.items():
        block = getattr(run, key).model_copy(update=value) if isinstance(value, dict) else value
        run = run.model_copy(update={key: block})
    return replication.model_copy(update={"runs": replication.runs | {name: run}})


def keys(replication) -> dict[tuple[str, str], str]:
    """Every key of a replication: (``train`` or ``measure``, run) -> key."""
    found = {("train", name): run_key(run, 0) for name, run in replication.runs.items()}
    sampled = [name for name, run in replication.runs.items() if run.sampler is not None]
    return found | {("measure", name): measurement_key(replication, name, 0) for name in sampled}


def models(before, after) -> dict[str, set[str]]:
    """The models whose training or measuring keys differ."""
    changed: dict[str, set[str]] = {"train": set(), "measure": set()}
    for (step, name), key in before.items():
        if after[step, name] != key:
            changed[step].add(name.split("-")[0])
    return changed


ALL = {"vae", "gan", "diffusion"}


def test_keys_are_reproducible_and_distinct(smoke):
    again = resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke")
    assert keys(again) == keys(smoke)
    assert len(set(keys(smoke).values())) == len(keys(smoke))


@pytest.mark.parametrize(
    "change",
    [
        {"optimizer": {"lr": 0.5}},
        {"network": {"latent": 3}},
        {"data": {"split": "train"}},
        {"data": {"range": (-1.0, 1.0)}},
        {"batch_size": 31},
        {"epochs": 11},
        {"ema": 0.9},
        {"precision": "fp32"},
        {"threads": 2},
    ],
    ids=str,
)
def test_what_a_run_is_trained_with_changes_its_own_keys_only(smoke, change):
    before, after = keys(smoke), keys(changed_run(smoke, "vae-adam", **change))
    assert {key for key in before if before[key] != after[key]} == {("train", "vae-adam"), ("measure", "vae-adam")}


def test_seed_is_part_of_both_keys(smoke):
    run = smoke.runs["vae-adam"]
    assert len({run_key(run, seed) for seed in range(5)}) == 5
    assert len({measurement_key(smoke, "vae-adam", seed) for seed in range(5)}) == 5


def test_further_seeds_leave_the_first_ones_valid(smoke):
    assert keys(changed_run(smoke, "vae-adam", seeds=(0, 1, 2, 3))) == keys(smoke)


def test_sampler_is_measured_again_but_not_trained(smoke):
    after = keys(changed_run(smoke, "diffusion-adam", sampler={"guidance": 3.0}))
    assert models(keys(smoke), after) == {"train": set(), "measure": {"diffusion"}}


def test_how_images_are_measured_changes_every_measurement(smoke):
    evaluation = smoke.evaluation.model_copy(update={"confidence": 0.5})
    after = keys(smoke.model_copy(update={"evaluation": evaluation}))
    assert models(keys(smoke), after) == {"train": set(), "measure": ALL}


def test_classifier_changes_every_measurement(smoke):
    after = keys(changed_run(smoke, "classifier", epochs=9))
    assert models(keys(smoke), after) == {"train": {"classifier"}, "measure": ALL}


def test_another_classifier_for_one_model_changes_its_measurements_only(smoke):
    evaluation = smoke.evaluation.model_copy(update={"classifier_of": {"gan": "second"}})
    runs = smoke.runs | {"second": smoke.runs["classifier"].model_copy(update={"epochs": 9})}
    before, after = keys(smoke), keys(smoke.model_copy(update={"runs": runs, "evaluation": evaluation}))
    assert models(before, after) == {"train": set(), "measure": {"gan"}}


def test_timing_and_deviations_change_nothing(smoke):
    timing = smoke.timing.model_copy(update={"epochs": 7})
    assert keys(smoke.model_copy(update={"timing": timing, "deviations": ("other words",)})) == keys(smoke)


def test_other_pixels_change_every_key(smoke, monkeypatch):
    before = keys(smoke)
    entry = data_set("mnist-reduced").model_copy(update={"recorded_identity": "f" * 64})
    monkeypatch.setitem(catalogue(), "mnist-reduced", entry)
    assert models(before, keys(smoke)) == {"train": {*ALL, "classifier"}, "measure": ALL}


@pytest.mark.parametrize(
    ("name", "old", "new", "train", "measure"),
    [
        ("objectives/gan.py", "(real + generated) / 2", "(real + generated) / 3", {"gan"}, {"gan"}),
        ("models/context_unet.py", "2**0.5", "2**0.25", {"diffusion"}, {"diffusion"}),
        ("models/digit_classifier.py", "nn.MaxPool2d(2)", "nn.AvgPool2d(2)", {"classifier"}, ALL),
        ("training/schedule.py", "1 - epoch", "2 - epoch", {*ALL, "classifier"}, ALL),
        ("metrics/sharpness.py", "import torch\n", "import torch\n\nSCALE = 2\n", set(), ALL),
        ("sampling/latent_prior.py", "import torch\n", "import torch\n\nSCALE = 2\n", set(), {"vae", "gan"}),
        ("training/timing.py", "seed=0", "seed=1", set(), set()),
        ("report/verdicts.py", '"""', '"""On ', set(), set()),
    ],
)
def test_code_changes_the_keys_of_what_uses_it(smoke, package, name, old, new, train, measure):
    before = keys(smoke)
    path = package.folder / name
    assert old in path.read_text()
    package.edit(name, path.read_text(), path.read_text().replace(old, new, 1))
    assert models(before, keys(smoke)) == {"train": train, "measure": measure}


@pytest.fixture(scope="module")
def garments():
    return resolve(load(ROOT / "params.yaml"), "fashion_mnist_is", "smoke")


def asking(replication, **changes):
    asked = replication.evaluation.inception.model_copy(update=changes)
    return replication.model_copy(update={"evaluation": replication.evaluation.model_copy(update={"inception": asked})})


def test_inception_metrics_have_a_key_of_their_own(garments):
    without = garments.evaluation.model_copy(update={"inception": None})
    assert keys(garments) == keys(garments.model_copy(update={"evaluation": without}))
    before = inception_key(garments, "gan", 0)
    changed = [asking(garments, splits=(10, 1)), asking(garments, samples=(65,)), asking(garments, resize="clean")]
    assert len({before, *(inception_key(one, "gan", 0) for one in changed)}) == 4
    assert inception_key(changed_run(garments, "gan", epochs=9), "gan", 0) != before
    assert inception_key(changed_run(garments, "classifier", epochs=9), "gan", 0) == before
    assert inception_key(changed_run(garments, "classifier", epochs=9), "classifier", 0) == inception_key(
        garments, "classifier", 0
    )


def test_code_of_either_measurement_leaves_the_other_alone(garments, package):
    before = (keys(garments), inception_key(garments, "gan", 0), feature_code())
    package.edit("metrics/kid.py", "np.std(found)", "np.std(found, ddof=0)")
    after = (keys(garments), inception_key(garments, "gan", 0), feature_code())
    assert [one == other for one, other in zip(before, after, strict=True)] == [True, False, True]
    package.edit("metrics/native.py", "float(edges[rows].mean())", "float(edges[rows].sum())")
    assert keys(garments) != before[0]
    assert (inception_key(garments, "gan", 0), feature_code()) == after[1:]


def test_planning_does_not_import_torch():
    code = "import sys, genrep.identity, genrep.workflow, genrep.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
