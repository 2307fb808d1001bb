"""Figures and tables of ``char74k_cifar10`` on made-up measurements."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from genrep.files import write_json
from genrep.params import load, resolve
from genrep.report.figures import latent
from genrep.report.figures.pairs import _sheet, gan_and_vae
from genrep.report.measurements import Measurements, NotMeasured
from genrep.report.replications.char74k_cifar10 import tables
from genrep.report.replications.char74k_cifar10_figures import MODELS, makers
from tests.report.conftest import ROOT, Maker

METRICS = ("fid", "legible_share", "inception_score", "sharpness", "contrast")


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path, resolve(load(ROOT / "params.yaml"), "char74k_cifar10", "smoke"))


def measured(maker: Maker, *models: str) -> Measurements:
    """Curves and noise for images of these models."""
    rng = np.random.default_rng(0)
    for model in models:
        log = [{"epoch": epoch, "losses": {"loss": 1.0 / epoch}} for epoch in (1, 2, 3)]
        maker.run(model, 0, {metric: [3.0, 2.0, 1.0] for metric in METRICS}, log=log)
        shape = (3, 32, 32) if "cifar10" in model else (1, 28, 28)
        kept = {"grid": (100,), "rows": (3, 10), "plane": (15, 15), "transitions": (4, 11), "controls": (3, 7)}
        drawn = {key: rng.integers(0, 256, (*size, *shape), dtype=np.uint8) for key, size in kept.items()}
        drawn |= {"transition_classes": np.array([[0, 1], [1, 7], [3, 8], [8, 9]])}
        drawn |= {"latents": rng.normal(size=(40, 2)), "latent_classes": np.arange(40) % 10}
        np.savez(maker.folder / "measurements" / f"{model}-seed0.npz", epochs=np.array([1, 2, 3]), **drawn)
    return maker.open()


def words(figure: Figure) -> str:
    return " ".join(text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text")))


def test_every_model_has_a_figure_and_every_figure_a_caption(maker):
    params = resolve(load(ROOT / "params.yaml"), "char74k_cifar10", "full")
    shown = {model for models in MODELS.values() for model in models}
    assert shown == {run for run in params.runs if params.runs[run].sampler and not run.endswith(("_code", "_128"))}
    captions = {path.stem for path in (ROOT / "replications/char74k_cifar10/report").glob("figure_*.rst")}
    assert set(makers(maker.open(), [])) == captions


def test_every_figure_is_drawn_from_measurements(maker):
    every = measured(maker, *(model for models in MODELS.values() for model in models if model in maker.params.runs))
    for name, make in makers(every, ["a note"]).items():
        figure = make()
        assert "a note" in words(figure), name


def test_nothing_measured_is_nothing_drawn(maker):
    for make in makers(maker.open(), []).values():
        with pytest.raises(NotMeasured):
            make()


def test_one_of_a_pair_is_shown_and_the_other_named(maker):
    figure = makers(measured(maker, "cvae_mnist"), [])["figure_2_mnist"]()
    assert "(b) conditional VAE" in words(figure)
    assert "not shown: acgan_mnist: not run" in words(figure)


def test_losses_of_two_players_have_a_legend_each(maker):
    """Every loss that the log has is drawn, in a style that the legend of its panel names."""
    players = {"discriminator": ["", "_real", "_fake", "_game", "_classes"], "generator": ["", "_game", "_classes"]}
    losses = {f"{player}{part}": 1.0 + i for player, parts in players.items() for i, part in enumerate(parts)}
    log = [{"epoch": epoch, "losses": losses} for epoch in (1, 2)]
    maker.run("acgan_mnist", 0, {metric: [1.0, 1.0] for metric in METRICS}, log=log)
    figure = makers(maker.open(), [])["figure_losses"]()
    axes = {ax.get_title(): ax for ax in figure.axes}
    for player, parts in players.items():
        ax = axes[f"MNIST: AC-GAN, {player}"]
        named = [text.get_text() for text in ax.get_legend().get_texts()]
        assert named == [f"{player}{part}".replace("_", ", ") for part in parts]
        assert len({str(line._dash_pattern) for line in ax.lines}) == len(ax.lines) == len(parts)
    assert "generator, game" in words(figure)


def test_rows_of_transitions_name_both_classes(maker):
    assert "3 to 8" in words(makers(measured(maker, "vae_mnist"), [])["figure_transitions"]())


def test_labels_are_moved_apart_and_others_stay():
    places = np.array([[0.0, 0.0], [3.0, 4.0], [3.0, 4.0], [90.0, 0.0]])
    found = latent.apart(places, 10)
    distances = np.linalg.norm(found[:, None] - found[None], axis=2) + 1e3 * np.eye(4)
    assert distances.min() == pytest.approx(10, abs=0.1)
    assert found[3] == pytest.approx([90, 0], abs=0.02)
    assert np.linalg.norm(found - places, axis=1).max() < 10


def test_looks_have_a_line_where_the_metric_says_something(maker):
    for model, more in (("acgan_cifar10", {"class_separation": [0.1, 0.4]}), ("vae_cifar10", {})):
        maker.run(model, 0, {metric: [1.0, 1.0] for metric in METRICS} | more)
    figure = makers(maker.open(), [])["figure_looks_over_epochs_cifar10"]()
    drawn = {ax.get_title(): len(ax.lines) for ax in figure.axes if ax.get_title()}
    assert drawn == {"Contrast": 2, "Class separation": 1}


@pytest.mark.parametrize(("names", "columns"), [(10, 10), (4, 8), (3, 9), (2, 10)])
def test_columns_of_a_pair_are_classes(names, columns):
    """Samples ask for the classes in turn; each column must show one."""
    images = (np.arange(100) % names).astype(np.uint8)[:, None, None, None] * np.ones((1, 1, 2, 2), np.uint8)
    sheet = _sheet(images, "", [str(k) for k in range(names)])
    assert sheet.images.shape[:2] == (4, columns)
    assert (sheet.images[:, :, 0, 0, 0] == np.arange(names).repeat(columns // names)).all()
    assert [name for name in sheet.columns if name] == [str(k) for k in range(names)]


def test_without_classes_samples_stand_in_their_order():
    images = np.arange(100, dtype=np.uint8)[:, None, None, None]
    assert _sheet(images, "", ()).images.flatten().tolist() == list(range(40))


def test_a_pair_of_which_nothing_is_there_says_what(maker):
    with pytest.raises(NotMeasured, match=r"acgan_mnist: not run.*; cvae_mnist: not run"):
        gan_and_vae(maker.open(), "", {"acgan_mnist": "a", "cvae_mnist": "b"}, {}, [])


def test_points_are_coloured_and_numbered_by_class(maker):
    figure = latent.points(measured(maker, "vae_mnist"), "vae_mnist", "VAE", [])
    (axes,) = figure.axes
    assert len(axes.collections) == 10
    assert sorted(text.get_text() for text in axes.texts) == [str(digit) for digit in range(10)]


def test_ends_of_transitions_are_withheld_where_images_are(maker, monkeypatch):
    """They are reconstructions of held-out images."""
    found = measured(maker, "vae_char74k")
    runs = found.params.runs
    closed = runs["vae_char74k"].model_copy(
        update={"data": runs["vae_char74k"].data.model_copy(update={"set": "char74k-fnt-28-34"})}
    )
    found.params = found.params.model_copy(update={"runs": runs | {"vae_char74k": closed}})
    assert "may not be redistributed" in words(latent.transitions(found, "vae_char74k", "VAE", []))
    assert "may not be redistributed" not in words(
        latent.transitions(measured(maker, "vae_mnist"), "vae_mnist", "VAE", [])
    )


def test_the_table_has_every_run_and_dashes_where_nothing_was_measured(maker):
    write_json(maker.folder / "measurements/real.json", {"snapshots": [{"epoch": None, "metrics": []}]})
    table = tables(measured(maker, "acgan_mnist"), None)["table_runs"]
    assert list(table["run"]) == [name for name, run in maker.params.runs.items() if run.sampler]
    assert table.set_index("run").loc["acgan_mnist", "fid"] == "1 [0.99, 1.01]"
    assert table.set_index("run").loc["gan_celeba", "fid"] == "-"
