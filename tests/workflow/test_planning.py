"""What Snakemake plans after touches, edits and checkouts."""

import os
import shutil
import subprocess
import sys

from genrep.params import load, replications_at
from genrep.workflow import Plan
from tests.workflow.conftest import ROOT


def test_lint_is_clean(workspace):
    assert "Congratulations" in workspace.snakemake("--lint")


def test_nothing_is_planned_after_a_finished_run(workspace):
    assert workspace.planned() == []


def test_touching_data_runs_and_code_plans_nothing(workspace):
    for pattern in ("data/**/*", "runs/**/*", "src/**/*.py", "replications/**/*"):
        for path in workspace.folder.glob(pattern):
            os.utime(path)
    assert workspace.planned() == []


def test_one_learning_rate_reruns_its_own_runs_only(workspace):
    workspace.edit(
        "params.yaml", "sgd: {optimizer: {kind: sgd, lr: 1.0e-2}", "sgd: {optimizer: {kind: sgd, lr: 2.0e-2}"
    )
    assert workspace.planned() == [
        "Sample and measure vae-sgd of mnist_timing, seed 0",
        "Train vae-sgd of mnist_timing, seed 0",
    ]


def test_editing_used_code_reruns_what_uses_it_and_reverting_undoes_that(workspace):
    name = "src/genrep/objectives/gan.py"
    before = (workspace.folder / name).read_text()
    workspace.edit(name, "(real + generated) / 2", "(real + generated) / 3")
    planned = workspace.planned()
    trained = {line.split()[1].split("-")[0].rstrip(",") for line in planned if line.startswith("Train")}
    assert trained == {
        *("gan", "improved_gan", "cgan"),
        *("acgan_mnist", "gan_mnist", "acgan_cifar10", "gan_celeba", "gan_imagenet"),
    }
    assert "Time epochs of mnist_timing, alone on the machine" in planned
    assert not [line for line in planned if "real images" in line]
    (workspace.folder / name).write_text(before)
    assert workspace.planned() == []


def test_comments_and_docstrings_rerun_nothing(workspace):
    workspace.edit("src/genrep/objectives/gan.py", '"""Mean binary', '# a comment\n    """A mean binary')
    workspace.edit("src/genrep/training/loop.py", '"""A run in progress.', '"""A run that is in progress.')
    assert workspace.planned() == []


def test_how_images_are_measured_retrains_nothing(workspace):
    workspace.edit("params.yaml", "confidence: 0.9", "confidence: 0.8")
    planned = workspace.planned()
    assert planned
    assert not [line for line in planned if line.startswith("Train")]


def test_a_sweep_is_no_part_of_all_and_adds_its_readings_only(workspace):
    planned = workspace.planned("--", "fashion_mnist_is_sweep_gradient_penalty")
    reading = "wgan_gp--gradient-penalty--lambda-10 of fashion_mnist_is, seed 0"
    assert planned == [f"Sample and measure {reading}", f"Train {reading}"]
    workspace.snakemake("--", "sweep_fashion_mnist_is")
    assert workspace.planned("--", "sweep_fashion_mnist_is") == []
    workspace.edit("replications/fashion_mnist_is/assumptions.yaml", "penalty: 10.0", "penalty: 11.0")
    assert workspace.planned("--", "sweep_fashion_mnist_is") == [f"Sample and measure {reading}", f"Train {reading}"]
    assert workspace.planned() == []  # tables apart, which read the file


MODELS = ("cgan", "gan", "improved_gan", "vae", "wgan", "wgan_gp")
ON_INCEPTION = [
    "Measure the real images of fashion_mnist_is on Inception features into real.inception.json",
    *(f"Sample {model} of fashion_mnist_is, seed 0, and measure on Inception features" for model in MODELS),
]


def test_fetched_weights_add_what_they_measure_and_nothing_else(workspace):
    weights = workspace.folder / "data/weights/inception.safetensors"
    weights.parent.mkdir()
    weights.touch()
    planned = workspace.planned()
    assert set(ON_INCEPTION) < set(planned)
    assert all("on Inception features" in line for line in planned)
    workspace.snakemake()
    assert workspace.planned() == []
    workspace.edit("params.yaml", "splits: [1, 10]", "splits: [10, 1]")
    assert workspace.planned() == ON_INCEPTION
    workspace.edit("params.yaml", "splits: [10, 1]", "splits: [1, 10]")
    workspace.edit("src/genrep/metrics/kid.py", "np.std(found)", "np.std(found, ddof=0)")
    studies = [f"Study {run} of thesis, seed 0" for run in ("diffusion", "gan", "vae")]  # which open both kinds
    assert workspace.planned() == sorted([*planned, *studies])
    weights.unlink()
    assert workspace.planned() == studies


def test_how_inception_features_are_measured_leaves_native_metrics_alone(workspace):
    workspace.edit("params.yaml", "splits: [1, 10]", "splits: [10, 1]")
    assert workspace.planned() == []


def test_another_scale_does_not_disturb_this_one(workspace):
    assert len(workspace.planned("--config", "scale=full")) > 20
    workspace.edit("params.yaml", "epochs: 50", "epochs: 60")
    assert "Train vae-adam of mnist_timing, seed 0" not in workspace.planned()  # smoke has epochs of its own


def test_unknown_parameter_is_one_line(workspace):
    workspace.edit("params.yaml", "batch_size: 128", "bacth_size: 128")
    done = subprocess.run(
        [sys.executable, "-m", "genrep", "train", "mnist_timing", "vae-adam"],
        cwd=workspace.folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "bacth_size: unknown parameter - did you mean 'batch_size'?" in done.stderr


def test_a_fresh_copy_plans_everything(workspace, tmp_path):
    for name in (".snakemake", "runs", "results", "data/prepared"):
        shutil.rmtree(workspace.folder / name)
    planned = workspace.planned()
    params = load(ROOT / "params.yaml")
    plans = [Plan(params, name, "smoke") for name in replications_at(params, "smoke")]
    trained = sum(len(run.seeds) for plan in plans for run in plan.params.runs_here.values())
    assert trained >= 13 + 7
    assert sum(line.startswith("Train") for line in planned) == trained
    assert sum(line.startswith("Sample and measure") for line in planned) == sum(len(p.measured()) for p in plans)


def test_real_images_are_measured_once_per_classifier_and_before_what_is_compared_with_them(workspace):
    shutil.rmtree(workspace.folder / "results/smoke/char74k_cifar10")
    real = [line for line in workspace.planned() if "real images of char74k_cifar10" in line]
    names = ["real", "real-classifier_celeba", "real-classifier_char74k", "real-classifier_cifar10"]
    assert real == sorted(f"Measure the real images of char74k_cifar10 into {name}.json" for name in names)
    target = "results/smoke/char74k_cifar10/measurements/vae_char74k-seed0.json"
    planned = workspace.planned("--", target)
    assert planned == [
        "Measure the real images of char74k_cifar10 into real-classifier_char74k.json",
        "Sample and measure vae_char74k of char74k_cifar10, seed 0",
    ]
