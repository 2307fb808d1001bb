"""Figures from invented measurements of every run: what they say, what they leave out, and that bytes repeat."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from genrep.errors import UserError
from genrep.files import write_json
from genrep.params import ReplicationParams, load, resolve
from genrep.report.figures import book
from genrep.report.figures.book import SMOKE_NOTE
from genrep.report.figures.samples import thinned
from genrep.report.figures.sheets import draw_sheets, image_grid
from genrep.report.figures.style import save, theme
from genrep.report.measurements import Measurements
from genrep.report.replications.mnist_timing_figures import makers
from tests.report.conftest import ROOT, Maker

LOSSES = {
    "vae": {"loss": 200.0, "reconstruction": 194.0, "kl": 6.0},
    "gan": {"discriminator": 0.6, "discriminator_real": 0.5, "discriminator_fake": 0.7, "generator": 0.9},
    "diffusion": {"loss": 0.2},
}
EVERY_FIGURE = {
    "figure_5_forward_diffusion",
    "figure_6_forward_and_reverse_diffusion",
    "figure_9_vae_samples",
    "figure_10_gan_samples",
    "figure_11_diffusion_samples",
    "figure_samples_over_epochs_vae",
    "figure_samples_over_epochs_gan",
    "figure_samples_over_epochs_diffusion",
    "figure_losses",
    "figure_epoch_times",
    "figure_quality_over_epochs",
    "figure_legible_by_optimizer",
}


def invent(folder: Path, params: ReplicationParams, runs: Iterable[str], timed: bool = True) -> Measurements:
    """Plausible measurements of some runs (every seed), of real images, and of epoch times."""
    rng = np.random.default_rng(0)
    maker = Maker(folder, params)
    for run in runs:
        if params.runs[run].sampler is None:
            continue
        for seed in params.runs[run].seeds:
            done = 2 if run == "vae-sgd" else params.runs[run].epochs
            status = "finished" if run != "vae-sgd" else "diverged: loss is nan"
            better = rng.uniform(0.5, 1) / np.arange(1, done + 1)
            share = 0.9 * (1 - better)
            log = [
                {"epoch": i + 1, "losses": {name: v * (1 + b) for name, v in LOSSES[params.model_of(run)].items()}}
                for i, b in enumerate(better)
            ]
            curves = {"fid": 900 * better, "inception_score": 1 + 8 * share, "legible_share": share}
            curves["sharpness"] = share / 5
            maker.run(run, seed, {name: list(map(float, v)) for name, v in curves.items()}, log=log, status=status)
            maker.images(run, seed, rng)
    real = {"fid": 5.0, "inception_score": 9.0, "legible_share": 0.95, "sharpness": 0.19}
    metrics = [{"name": name, "n": n, "value": v} for n in params.evaluation.samples for name, v in real.items()]
    write_json(folder / "measurements" / "real.json", {"snapshots": [{"epoch": None, "metrics": metrics}]})
    if timed:
        maker.times(vae=[14.0, 4.1, 4.2], gan=[28.0, 30.0, 34.0], diffusion=[110.0, 107.0, 108.0])
    return maker.open()


@pytest.fixture
def smoke() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke")


def figures(measurements: Measurements, scale: str) -> Iterator[tuple[str, Figure]]:
    return book.figures(makers(measurements, book.notes(scale)))


def draw(folder: Path, measurements: Measurements, scale: str) -> list[Path]:
    return book.draw(folder, makers(measurements, book.notes(scale)))


def words(figure: Figure) -> str:
    """All text of a figure with its line breaks taken out."""
    return " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(lambda o: hasattr(o, "get_text")))


def test_same_measurements_give_the_same_bytes(tmp_path: Path, smoke: ReplicationParams) -> None:
    measurements = invent(tmp_path, smoke, smoke.runs)
    first = {path.stem: path.read_bytes() for path in draw(tmp_path, measurements, "smoke")}
    second = {path.stem: path.read_bytes() for path in draw(tmp_path, Measurements(tmp_path, smoke), "smoke")}
    assert set(first) == EVERY_FIGURE
    assert first == second
    assert max(map(len, first.values())) < 300_000


def test_smoke_figures_say_so_and_others_do_not(tmp_path: Path, smoke: ReplicationParams) -> None:
    measurements = invent(tmp_path, smoke, smoke.runs)
    with theme():
        said = {scale: {name: words(f) for name, f in figures(measurements, scale)} for scale in ("smoke", "full")}
    assert set(said["smoke"]) == set(said["full"]) == EVERY_FIGURE
    assert all(SMOKE_NOTE in text for text in said["smoke"].values())
    assert not any(SMOKE_NOTE in text for text in said["full"].values())


def test_a_missing_model_is_named_in_its_figures(tmp_path: Path, smoke: ReplicationParams) -> None:
    measurements = invent(tmp_path, smoke, ["vae-adam", "vae-sgd", "gan-rmsprop"], timed=False)
    assert {path.stem for path in draw(tmp_path, measurements, "smoke")} == EVERY_FIGURE
    with theme():
        said = {name: words(figure) for name, figure in figures(measurements, "smoke")}
    for name in ("figure_11_diffusion_samples", "figure_5_forward_diffusion"):
        assert "nothing to draw: diffusion-adam, " in said[name]
    assert "nothing to draw: epochs have not been timed" in said["figure_epoch_times"]
    assert "no finished run: Diffusion model" in said["figure_quality_over_epochs"]
    assert "not run: vae-rmsprop, vae-adagrad, gan-adam" in said["figure_losses"]
    assert "vae-sgd after epoch 2" in said["figure_legible_by_optimizer"]
    assert "not run: vae-rmsprop, vae-adagrad" in said["figure_9_vae_samples"]


def test_nothing_measured_is_said_in_every_figure(tmp_path: Path, smoke: ReplicationParams) -> None:
    with theme():
        said = [words(figure) for _, figure in figures(Measurements(tmp_path, smoke), "full")]
    assert len(said) == len(EVERY_FIGURE)
    assert all("nothing to draw" in text for text in said)


def test_images_that_are_gone_are_an_error(tmp_path: Path, smoke: ReplicationParams) -> None:
    measurements = invent(tmp_path, smoke, ["vae-adam"])
    (tmp_path / "measurements" / "vae-adam-seed0.npz").unlink()
    with pytest.raises(UserError, match=r"vae-adam-seed0\.npz is missing; restore it"):
        draw(tmp_path, measurements, "smoke")


def test_images_are_shown_pixel_by_pixel(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 28, 28), dtype=np.uint8)
    with theme():
        save(draw_sheets([image_grid(images, columns=2)], "a title", ["a note"]), tmp_path / "grid.png")
    shown = (imread(tmp_path / "grid.png")[..., :3] * 255).round().astype(np.uint8)
    wanted = images[2].transpose(1, 2, 0).repeat(3, 0).repeat(3, 1)
    rows, columns = shown.shape[0] - 84 + 1, shown.shape[1] - 84 + 1
    starts = np.argwhere((shown[:rows, :columns] == wanted[0, 0]).all(-1))
    assert any((shown[y : y + 84, x : x + 84] == wanted).all() for y, x in starts)


def test_many_epochs_are_thinned_towards_the_early_ones() -> None:
    epochs = np.arange(1, 51)
    chosen = epochs[thinned(epochs)]
    assert chosen[0] == 1
    assert chosen[-1] == 50
    assert len(chosen) <= 10
    assert (np.diff(chosen, n=2)[1:] >= 0).all()
    assert list(thinned(np.array([1, 2, 3]))) == [0, 1, 2]


def test_every_figure_has_a_caption() -> None:
    captions = (ROOT / "replications" / "mnist_timing" / "report").glob("figure_*.rst")
    assert {path.stem for path in captions} == EVERY_FIGURE
