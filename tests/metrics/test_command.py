"""``genrep metrics``: what a folder gets, and every mistake in one line."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from safetensors.torch import save_file

from genrep.cli import main
from genrep.data.prepare import prepare
from genrep.data.weight_files import published_sha256
from genrep.files import sha256_file, write_json
from genrep.metrics.command import ORDER
from genrep.metrics.images import FolderImages
from genrep.metrics.inception import Outputs
from tests.conftest import ROOT
from tests.metrics.random_inception import random_state

pytest.importorskip("torch_fidelity")
WEIGHTS = Path("data/weights/inception.safetensors")


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Random weights with the card that would vouch for the published ones."""
    path = tmp_path_factory.mktemp("weights") / WEIGHTS.name
    save_file(random_state(), path)
    card = {"sha256": sha256_file(path), "source_sha256": published_sha256("inception")}
    write_json(path.with_suffix(".json"), card)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch, weights) -> Path:
    """An empty checkout with weights."""
    monkeypatch.chdir(tmp_path)
    WEIGHTS.parent.mkdir(parents=True)
    for suffix in (".safetensors", ".json"):
        WEIGHTS.with_suffix(suffix).symlink_to(weights.with_suffix(suffix))
    return tmp_path


def folder(name: str, count: int, seed: int = 0, shape: tuple[int, ...] = (16, 16, 3)) -> Path:
    rng = np.random.default_rng(seed)
    Path(name).mkdir()
    for i in range(count):
        Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)).save(Path(name) / f"{i}.png")
    return Path(name)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["metrics", *map(str, arguments)])


def test_a_score_without_real_images(here):
    folder("made", 3)
    result = run("made", "--splits", 1, "--out", "found.json")
    assert result.exit_code == 0, result.output
    (line,) = result.stdout.splitlines()
    assert line.startswith("inception_score/inception-6726825d/n=3/splits=1/clean  1")
    (row,) = json.loads(Path("found.json").read_text())["metrics"]
    assert row["name"] == "inception_score/inception"
    assert list(Path("data/features").rglob("features.npy"))


def test_only_the_images_that_count_are_looked_at(here, monkeypatch):
    """In a random order: of a folder sorted by class, the first ones would be of one class."""
    made = folder("made", 40)
    monkeypatch.setattr("genrep.metrics.inception.Inception.__call__", lambda self, images: outputs(images))
    result = run(made, "--samples", 20, "--splits", 2, "--out", "new/found.json")
    assert result.exit_code == 0, result.output
    (features,) = Path("data/features").rglob("features.npy")
    assert np.load(features).shape == (20, 2048)
    shown = FolderImages(made, ORDER, 20)
    names = [int(path.stem) for path in shown._files]
    assert names != sorted(names)
    assert len(set(names)) == 20
    assert min(names) < 10 and max(names) >= 30
    assert FolderImages(made, ORDER, 20).identity == shown.identity


def outputs(images: torch.Tensor) -> Outputs:
    """In place of the network's, in no time."""
    mean = images.float().mean(dim=(1, 2, 3))[:, None]
    return Outputs(mean * torch.linspace(0, 1, 2048), mean * torch.linspace(0, 0.1, 1008))


def test_distances_from_a_folder_and_from_a_data_set(here, monkeypatch):
    monkeypatch.setattr("genrep.metrics.inception_metrics.fid", lambda a, b: 1.0)  # seconds for 2048 features
    monkeypatch.setattr("genrep.metrics.inception_metrics.fid_interval", lambda *args: (0.5, 1.5))
    folder("made", 4), folder("real", 4, seed=1)
    result = run("made", "--against", "real", "--samples", 4, "--splits", 2)
    assert result.exit_code == 0, result.output
    assert [line.split("/")[0] for line in result.stdout.splitlines()] == [
        *("fid", "kid", "precision", "recall", "inception_score")
    ]
    assert "/folder-" in result.stdout.splitlines()[0]
    Path("data/reduced").symlink_to(ROOT / "data/reduced")
    prepare("mnist-reduced")
    monkeypatch.setattr("genrep.metrics.feature_store.FeatureStore.features", shown := Shown())
    run("made", "--against", "mnist-reduced:test", "--grey", "repeat", "--splits", 2)
    assert shown.names == ["made", "mnist-reduced/test"]


class Shown:
    """Stands for FeatureStore.features: which sets it is asked for."""

    def __init__(self):
        self.names: list[str] = []

    def __call__(self, network, source):
        self.names.append(source.name)


ONE = ("--splits", 1)


def grey() -> list[object]:
    return [folder("grey", 3, shape=(16, 16)), *ONE]


def constant() -> list[object]:
    folder("same", 1)
    shutil.copy("same/0.png", "same/1.png")
    return ["same", *ONE]


def mixed() -> list[object]:
    folder("mixed", 2)
    Image.fromarray(np.zeros((9, 16, 3), np.uint8)).save("mixed/2.png")
    return ["mixed", *ONE]


def empty() -> list[object]:
    Path("empty").mkdir()
    return ["empty"]


def text() -> list[object]:
    Path("text").mkdir()
    for name in "ab":
        Path(f"text/{name}.png").write_text("no image")
    return ["text", *ONE]


def floats() -> list[object]:
    Path("deep").mkdir()
    for name in "ab":
        Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(f"deep/{name}.png")
    return ["deep", *ONE]


def no_weights() -> list[object]:
    WEIGHTS.unlink()
    return [folder("made", 2), *ONE]


def other_weights() -> list[object]:
    WEIGHTS.unlink()
    WEIGHTS.write_bytes(b"other")
    return [folder("made", 2), *ONE]


def other_source() -> list[object]:
    card = WEIGHTS.with_suffix(".json")
    content = json.loads(card.read_text())
    card.unlink()
    card.write_text(json.dumps(content | {"source_sha256": "cd" * 32}))
    return [folder("made", 2), *ONE]


MISTAKES = {
    "too few for the protocol": (
        lambda: [folder("few", 3), "--samples", 10],
        "inception_score/inception-6726825d/n=10/splits=10/clean needs 10 images, got 3; sample 7 more",
    ),
    "too few for the splits": (
        lambda: [folder("few", 3)],
        "few: an Inception Score in 10 splits needs at least 10 images, got 3",
    ),
    "one image": (lambda: [folder("few", 1), "--splits", 1], "few: intervals need at least 2 images, got 1"),
    "one image asked for": (
        lambda: [folder("few", 3), "--splits", 1, "--samples", 1],
        "few: intervals need at least 2 images, got 1",
    ),
    "too few for neighbours": (
        lambda: [folder("few", 3), "--splits", 1, "--against", folder("real", 9)],
        "few: precision and recall with k=3 need at least 4 images on either side, got 3",
    ),
    "too few real images": (
        lambda: [folder("made", 4), "--splits", 1, "--against", folder("real", 3)],
        "real: precision and recall with k=3 need at least 4 images on either side, got 3",
    ),
    "grey": (grey, "grey holds grey images; --grey repeat shows them to the network as RGB"),
    "grey real images": (
        lambda: [folder("made", 4), "--splits", 1, "--against", folder("grey", 4, shape=(16, 16))],
        "grey holds grey images; --grey repeat shows them to the network as RGB",
    ),
    "nowhere to write": (
        lambda: [folder("made", 2), "--splits", 1, "--out", "made/0.png/found.json"],
        "--out made/0.png/found.json: made/0.png is no folder and cannot be made",
    ),
    "constant": (constant, "all 2 images of same have the same features: are they constant?"),
    "mixed sizes": (mixed, "mixed mixes sizes: "),
    "empty": (empty, "empty itself holds no images (.bmp, .jpeg, .jpg, .png, .webp)"),
    "no folder": (lambda: ["none"], "none is no folder of images"),
    "no image": (text, ".png cannot be read as an image"),
    "16 bits": (floats, ".png has more than 8 bits a channel (I;16)"),
    "no real images": (
        lambda: [folder("made", 2), "--against", "mnst"],
        "mnst is neither a folder of images nor a data set; genrep data list names those",
    ),
    "set not prepared": (
        lambda: [folder("made", 2), "--against", "mnist"],
        "run: genrep data prepare mnist",
    ),
    "no weights": (
        no_weights,
        "data/weights/inception.safetensors does not exist; run: genrep data fetch inception",
    ),
    "weights of another hash": (other_weights, "delete it and run: genrep data fetch inception"),
    "weights of another source": (other_source, "made from a file of sha256 cdcdcdcdcdcd..., expected 6726825d0af5"),
    "weights of another name": (
        lambda: [folder("made", 2), "--weights", "mnist"],
        "mnist is no source of weights; the catalogue has inception, inception-torchscript",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_one_line_and_leaves_no_features(here, mistake):
    prepare_it, said = MISTAKES[mistake]
    result = run(*prepare_it())
    assert result.exit_code == 1, result.output
    assert result.stderr.startswith("genrep: ")
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    assert not list(Path().rglob("features.npy"))
