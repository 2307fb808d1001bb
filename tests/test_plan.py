"""What a replication takes, against counts by hand and files that a run really leaves."""

import os
from dataclasses import replace

import pytest
import torch

from genrep.data.availability import Availability, availability, prepared_bytes
from genrep.data.catalogue import source
from genrep.data.prepare import MIRROR
from genrep.errors import UserError
from genrep.files import write_json
from genrep.flops import activation_bytes_per_image, training_flops_per_image
from genrep.params import load, resolve
from genrep.plan import (
    SUSTAINED,
    checkpoint_bytes,
    classes_of,
    duration,
    images_to_see,
    inception_line,
    lines,
    plan,
    quantity,
    run_bytes,
)
from genrep.plan_device import network_bytes, training_bytes, training_rate
from genrep.training import checkpoint
from genrep.training.loop import Loop
from genrep.training.run import train
from tests.conftest import ROOT

FACES_32 = {"set": "faces-32"}


def at_32(run):
    """On faces of 32x32, whose smallest resolution in two levels is 16."""
    network = run.network.model_copy(update={"attention": (16,)})
    return run.model_copy(update={"data": run.data.model_copy(update=FACES_32), "network": network})


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
    original = Loop._step
    monkeypatch.setattr(Loop, "_step", lambda self, b: (steps.append(len(b.images)), original(self, b)))
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


def test_inception_metrics_say_how_many_images_and_what_they_lack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    garments = resolve(load(ROOT / "params.yaml"), "fashion_mnist_is", "full")
    # six models of three seeds, and the test images
    counted = "weights inception: for Inception metrics on 100,000 images"
    assert inception_line(garments) == f"{counted}, not run without them -> genrep data fetch inception"
    evaluation = garments.evaluation
    asked = evaluation.inception.model_copy(update={"real": "train", "snapshots": "all"})
    more = garments.model_copy(update={"evaluation": evaluation.model_copy(update={"inception": asked})})
    assert f"{18 * 7 * 5000 + 10_000 + 60_000:,} images" in inception_line(more)
    (tmp_path / "data/weights").mkdir(parents=True)
    (tmp_path / "data/weights/inception.safetensors").touch()
    assert inception_line(garments) == counted
    assert inception_line(resolve(load(ROOT / "params.yaml"), "mnist_timing", "full")) == ""


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
        path = mirror / "mnist" / f"{stem}-ubyte.gz"
        path.touch()
        os.truncate(path, source("mnist").files[path.name].bytes)
    assert availability("mnist", tmp_path).state == "at hand"

    prepared = tmp_path / "prepared" / "mnist"
    prepared.mkdir(parents=True)
    card = {"counts": {"train": 60_000, "test": 10_000}, "identity": "0" * 64, "share_of_official": 1.0}
    write_json(prepared / "card.json", card)
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


def test_what_a_scale_leaves_to_another_is_not_planned():
    found = plan("gan_vs_vae", "desk", resolve(load(ROOT / "params.yaml"), "gan_vs_vae", "desk"), None)
    assert {m.model for m in found.models} == {
        *("gan_celeba", "vae_celeba", "gan_imagenet"),
        *("classifier_celeba", "classifier_imagenet"),
    }
    assert list(found.data) == ["celeba-64-10k", "tiny-imagenet-64-4k"]


def test_snapshots_with_an_encoder_are_larger(smoke_runs):
    run = smoke_runs["vae-adam"].model_copy(update={"snapshots": (1,)})
    kept = run.model_copy(update={"keep": ("encoder",)})
    assert run_bytes(kept) > run_bytes(run)


# -- the thesis -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def thesis():
    return plan("thesis", "full", resolve(load(ROOT / "params.yaml"), "thesis", "full"), None)


def test_arithmetic_of_the_three_models(thesis):
    flops = {m.model: m.flops_per_image for m in thesis.models}
    assert flops["diffusion"] == pytest.approx(372e9, rel=0.01)
    assert flops["diffusion_landscapes"] == flops["diffusion"]
    samples = 8 * 1000 * 1000 * flops["diffusion"] / 3  # 8 snapshots, 1,000 samples each, 1,000 passes
    assert next(m.sampling_flops for m in thesis.models if m.model == "diffusion") == pytest.approx(samples, rel=0.01)


def test_images_of_a_growing_run_are_those_of_all_its_stages(thesis):
    assert next(m.images for m in thesis.models if m.model == "gan") == 180 * 26_976 + 180 * 26_992  # whole batches


def test_memory_is_weights_images_and_activations(thesis_runs, cpu):
    run = at_32(thesis_runs["diffusion"])
    (weights,) = network_bytes(run).values()
    activations = activation_bytes_per_image(run, (3, 32, 32), 2, bf16=False)
    assert training_bytes(run, cpu) == 5 * weights + 2000 * 3 * 32 * 32 + 8 * activations
    parts = run.model_copy(update={"accumulate": 4})
    assert training_bytes(parts, cpu) == 5 * weights + 2000 * 3 * 32 * 32 + 2 * activations


def test_without_a_gpu_its_hours_are_said_for_orientation(thesis, cpu):
    text = "\n".join(lines(thesis, cores=2, free=10**12))
    assert "memory: about" in text
    hours = sum(m.training_flops + m.sampling_flops for m in thesis.models) / SUSTAINED / 3600
    assert f"a GPU that sustains 100 TFLOP/s takes {duration(hours)}" in text
    measured = [replace(m, rate=1e12 / m.flops_per_image) for m in thesis.models]
    text = "\n".join(lines(replace(thesis, device=cpu, models=measured), cores=2, free=10**12))
    assert "at 1.00 TFLOP/s here" in text


def test_rate_of_a_growing_run_is_measured_at_every_resolution(thesis_runs, cpu, monkeypatch):
    """Steps of 1, 10 and 100 seconds for 16, 8 and 8 images, for 1, 1 and 2 of 4 epochs."""
    now, sides = 0.0, []
    step = Loop._step

    def work(self, batch):
        nonlocal now
        sides.append(batch.images.shape[2])
        now += {8: 1, 16: 10, 32: 100}[sides[-1]]
        step(self, batch)

    monkeypatch.setattr(Loop, "_step", work)
    monkeypatch.setattr("genrep.training.loop.time.perf_counter", lambda: now)
    run = thesis_runs["gan"]
    doubled = tuple(part.model_copy(update={"resolution": 2 * part.resolution}) for part in run.growth)
    run = run.model_copy(update={"data": run.data.model_copy(update=FACES_32), "growth": doubled})
    run = run.model_copy(update={"network": run.network.model_copy(update={"channels": (8, 6, 4, 4)})})
    seconds = 0.25 * 1 / 16 + 0.25 * 10 / 8 + 0.5 * 100 / 8
    assert training_rate(run, cpu) == pytest.approx(1 / seconds)
    assert sides == [8] * 4 + [16] * 4 + [32] * 4


def test_batches_that_would_take_minutes_are_cut(thesis_runs, cpu, monkeypatch):
    steps: list[int] = []
    original = Loop._step
    monkeypatch.setattr(Loop, "_step", lambda self, b: (steps.append(len(b.images)), original(self, b)))
    run = at_32(thesis_runs["vae"])
    work = training_flops_per_image(run, (3, 32, 32), 2)
    monkeypatch.setattr("genrep.plan_device.WORK", 3 * work + 1)
    training_rate(run, cpu)
    assert steps == [3] * 4


def test_classes_are_combinations_of_attributes_where_a_run_asks_for_them(smoke_runs):
    run = smoke_runs["gan-adam"]
    assert classes_of(run) == 10
    faces = run.data.model_copy(update={"set": "celeba-64", "attributes": ("Male", "Smiling", "Young")})
    assert classes_of(run.model_copy(update={"data": faces})) == 8
