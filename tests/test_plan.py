"""What a replication takes, against counts by hand and files that a run really leaves."""

from dataclasses import replace

import pytest
import torch

from genrep import plan as plan_module
from genrep.data.availability import Availability, availability, prepared_bytes
from genrep.data.catalogue import data_set
from genrep.data.prepare import MIRROR
from genrep.errors import UserError
from genrep.flops import training_flops_per_image
from genrep.params import load, resolve
from genrep.plan import (
    checkpoint_bytes,
    classes_of,
    duration,
    images_to_see,
    lines,
    plan,
    quantity,
    run_bytes,
    training_flops,
    training_rate,
)
from genrep.training import checkpoint
from genrep.training.run import train
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def full():
    return plan("mnist_timing", "full", resolve(load(ROOT / "params.yaml"), "mnist_timing", "full"), None)


def test_full_scale_counts_every_variant_and_seed(full):
    found = {m.model: (m.variants, m.runs) for m in full.models}
    assert found == {"vae": (4, 6), "gan": (4, 6), "diffusion": (4, 4), "classifier": (1, 1)}
    images = {m.model: m.images for m in full.models}
    assert images["vae"] == 6 * 50 * 70_000
    assert images["gan"] == 6 * 50 * 468 * 128  # the incomplete last batch is left out
    assert images["diffusion"] == 4 * 50 * 60_000
    assert list(full.data) == ["mnist"]


def test_totals_are_counts_times_operations(full):
    for m in full.models:
        assert m.training_flops == m.images * m.flops_per_image
    diffusion = next(m for m in full.models if m.model == "diffusion")
    # 10 snapshots of 500 samples, each 400 passes of a conditional and an unconditional image
    passes = 4 * 10 * 500 * 400 * 2
    assert diffusion.sampling_flops == pytest.approx(passes * diffusion.flops_per_image / 3, rel=0.02)


def test_hours_cover_training_and_sampling(full):
    m = replace(full.models[0], images=3600, flops_per_image=10, training_flops=36_000, sampling_flops=36_000)
    assert m.hours is None
    assert replace(m, rate=1.0).hours == 2


@pytest.mark.parametrize("name", ["vae-adam", "gan-adam"])
def test_disk_is_what_a_run_leaves_and_needs(tmp_path, monkeypatch, smoke_runs, digits, name):
    checkpoints = []
    original = checkpoint.save

    def save(path, *args, **kwargs):
        original(path, *args, **kwargs)
        checkpoints.append(path.stat().st_size)

    monkeypatch.setattr(checkpoint, "save", save)
    run = smoke_runs[name].model_copy(update={"epochs": 2, "batch_size": 1000})
    train(tmp_path, name, run, 0, digits, "cpu")
    left = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
    assert left == pytest.approx(run_bytes(run), rel=0.05)  # headers and logs
    assert checkpoints
    assert max(checkpoints) == pytest.approx(checkpoint_bytes(run), rel=0.05)


def test_images_to_see_matches_the_log(tmp_path, smoke_runs, digits):
    run = smoke_runs["gan-adam"].model_copy(update={"epochs": 1, "batch_size": 600})
    train(tmp_path, "gan", run, 0, digits, "cpu")
    assert f'"images_seen": {images_to_see(run)}' in (tmp_path / "log.jsonl").read_text()


def test_rate_is_measured_on_steps_of_the_loop(monkeypatch, smoke_runs, cpu):
    steps = []
    original = plan_module.Loop._step
    monkeypatch.setattr(plan_module.Loop, "_step", lambda self, b: (steps.append(len(b.images)), original(self, b)))
    assert training_rate(smoke_runs["gan-adam"], cpu) > 0
    assert steps == [32] * 4  # one to warm up


def test_lines_name_every_model_and_what_is_missing(full, cpu):
    missing = {"mnist": Availability("to download", "not downloaded yet", "genrep data prepare mnist")}
    unmeasured = "\n".join(lines(replace(full, data=missing), cores=2, free=10**9))
    assert all(m.model in unmeasured for m in full.models)
    assert "17 runs" in unmeasured
    assert "time: not measured" in unmeasured
    assert "data mnist: not downloaded yet, 55.4 MB when prepared -> genrep data prepare mnist" in unmeasured

    models = [replace(m, rate=m.images / 3600, sampling_flops=0) for m in full.models]  # an hour each
    one_core = "\n".join(lines(replace(full, device=cpu, models=models), cores=1, free=0))
    assert "time: about 4 h on " in one_core
    assert "cores shared" not in one_core
    eight = "\n".join(lines(replace(full, device=cpu, models=models), cores=8, free=0))
    assert ", or 1 h with 8 cores shared" in eight  # the classifier is one run: no sooner than it


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 "), (999, "999 "), (1000, "1.00 k"), (3_500_000, "3.50 M"), (999_700, "1.00 M"), (8.24e9, "8.24 G")],
)
def test_quantity(value, text):
    assert quantity(value) == text


@pytest.mark.parametrize(("hours", "text"), [(0.01, "36 s"), (0.5, "30 min"), (2.66, "2.66 h"), (366.4, "366 h")])
def test_duration(hours, text):
    assert duration(hours) == text


def test_availability_follows_the_files(tmp_path, monkeypatch):
    monkeypatch.delenv(MIRROR, raising=False)
    where = availability("mnist", tmp_path)
    assert where.state == "to download"
    assert "genrep data prepare mnist" in where.mend
    assert availability("mnist-reduced", tmp_path).mend == f"git checkout -- {tmp_path}/reduced/mnist-reduced.npz"

    mirror = tmp_path / "mirror"
    (mirror / "mnist").mkdir(parents=True)
    monkeypatch.setenv(MIRROR, str(mirror))
    where = availability("mnist", tmp_path)
    assert where.state == "missing"
    assert "lacks mnist/train-images-idx3-ubyte.gz" in where.found
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (mirror / "mnist" / f"{stem}-ubyte.gz").touch()
    assert availability("mnist", tmp_path).state == "at hand"

    prepared = tmp_path / "prepared" / "mnist"
    prepared.mkdir(parents=True)
    (prepared / "card.json").touch()
    assert availability("mnist", tmp_path).state == "prepared"


def test_absent_mirror_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR, str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="nowhere, which is not a folder"):
        availability("mnist", tmp_path)


def test_prepared_bytes_are_the_arrays_on_disk(digits):
    assert prepared_bytes("mnist-reduced") == digits.images.nbytes + digits.labels.nbytes


def test_building_on_meta_leaves_the_default_device_alone(smoke_runs):
    run_bytes(smoke_runs["diffusion-adam"])
    assert torch.zeros(1).device.type == "cpu"


def test_training_is_counted_without_data(smoke_runs):
    run = smoke_runs["gan-adam"]
    shape, classes = data_set("mnist-reduced").shape, 10
    expected = training_flops_per_image(run, shape, classes) * images_to_see(run)
    assert training_flops(run) == expected > 0
    limited = run.model_copy(update={"data": run.data.model_copy(update={"limit": 640})})
    assert images_to_see(limited) == run.epochs * 640


def test_classes_are_combinations_of_attributes_where_a_run_asks_for_them(smoke_runs):
    run = smoke_runs["gan-adam"]
    assert classes_of(run) == 10
    faces = run.data.model_copy(update={"set": "celeba-64", "attributes": ("Male", "Smiling", "Young")})
    assert classes_of(run.model_copy(update={"data": faces})) == 8
