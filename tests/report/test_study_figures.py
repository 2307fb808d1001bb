"""Figures and tables of studies: what is drawn, blanked, left out and said."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.image import imread

from genrep.files import write_json
from genrep.report.estimates import Estimate, NotMeasured
from genrep.report.figures import book
from genrep.report.figures.radar import AXES, radar, rank
from genrep.report.figures.studies import makers
from genrep.report.replications.thesis_studies import STUDY_FIGURES
from genrep.report.results import study_figures
from genrep.report.study_tables import tables
from genrep.studies.found import over
from tests.report.conftest import Maker as RunMaker
from tests.report.test_studies import Maker

MODELS = {"vae": "VAE", "gan": "GAN", "diffusion": "Diffusion model"}
RED, BLUE = (255, 0, 0), (0, 0, 255)


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.chdir(tmp_path)
    return Maker(Path())


def coloured(real: list[list[bool]], blank: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Red real tiles (black where they are blank) and blue drawn ones, 8x8, with the mask of the real ones."""
    mask = np.array(real)
    colours = np.where(mask[..., None], (0, 0, 0) if blank else RED, BLUE).astype(np.uint8)
    return np.broadcast_to(colours[..., None, None], (*mask.shape, 3, 8, 8)).copy(), mask


def colours(path: Path) -> set[tuple[int, ...]]:
    pixels = (imread(path)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    return set(map(tuple, np.unique(pixels, axis=0).tolist()))


def filled(maker: Maker, blank: bool = False) -> None:
    """Studies of three models with numbers and tiles."""
    both = [[True, True]] * 2
    maker.study(
        "vae-adam",
        [over("recovery_mae", np.array([0.1, 0.2])), over("encode_decode_mae", np.array([0.3, 0.4]))],
        tiles={
            "recovery/recovered": coloured(both, blank),
            "encode_decode/decoded": coloured(both, blank),
            "interpolation/spherical": coloured([[False] * 3]),
            "interpolation/linear": coloured([[False] * 3]),
            **{f"neighbours/{w}_{s}": coloured([[False, w == "training"]], blank)
               for w in ("training", "near", "far") for s in ("pixels", "features")},
        },
    )  # fmt: skip
    maker.study(
        "gan-adam", [over("recovery_mae", np.array([0.5, 0.6]))], tiles={"recovery/recovered": coloured(both, blank)}
    )
    maker.study(
        "diffusion-adam",
        [over("denoised_mae/t=1", np.array([0.01, 0.02]))],
        not_possible={"recovery": "diffusion-adam has no decoder"},
        tiles={"noise_denoise/denoised": coloured([[True, True]], blank)},
        seen=True,
    )


def keep_whole(maker: Maker) -> None:
    """The whole tiles in the folders of the runs, as studying leaves them."""
    both = [[True, True]] * 2
    kept = {("vae", "recovery"): "recovered", ("gan", "recovery"): "recovered", ("vae", "encode_decode"): "decoded"}
    for (model, study), name in kept.items():
        folder = Path(f"runs/full/mnist_timing/{model}-adam/seed0/studies")
        images, real = coloured(both)
        write_json(folder / f"{study}.json", {"key": f"key of {study}"})
        np.savez(folder / f"{study}.npz", **{f"tiles/{name}": images, f"real/{name}": real})


def draw(maker: Maker) -> dict[str, Path]:
    folder = maker.folder
    return {path.stem: path for path in book.draw(folder, makers(maker.open(), MODELS, ["a note"]))}


def test_every_study_that_is_asked_for_has_its_figures(maker):
    filled(maker)
    drawn = draw(maker)
    expected = {"recovery", "noise_denoise", "nearest_training", "furthest_samples", "nearest_samples"}
    expected |= {"interpolation", "diffusion_interpolation", "inpainting", "radar"}
    expected |= {"diffusion_interpolation_by_depth"}
    assert set(drawn) == {f"figure_study_{name}" for name in expected}
    assert all(path.stat().st_size > 1000 for path in drawn.values())  # those without images say why
    assert RED in colours(drawn["figure_study_recovery"])  # digits may be shown


def test_figures_are_the_same_bytes_again(maker):
    filled(maker)
    first = {name: path.read_bytes() for name, path in draw(maker).items()}
    assert {name: path.read_bytes() for name, path in draw(maker).items()} == first


def test_faces_are_withheld_with_and_without_the_whole_tiles(tmp_path, monkeypatch):
    """The committed figure is the same; where the whole tiles are, the full one is drawn where git does not look."""
    monkeypatch.chdir(tmp_path)
    maker = Maker(Path())
    runs = {
        name: run.model_copy(update={"data": run.data.model_copy(update={"set": "celeba-64-10k"})})
        for name, run in maker.params.runs.items()
    }
    maker.params = maker.params.model_copy(update={"runs": runs})
    filled(maker, blank=True)
    path = draw(maker)["figure_study_recovery"]
    without, full = path.read_bytes(), Path("figures-full") / path
    assert RED not in colours(path)
    assert not full.exists()
    keep_whole(maker)
    draw(maker)
    assert path.read_bytes() == without
    assert RED in colours(full)
    training = draw(maker)["figure_study_nearest_training"]
    assert BLUE in colours(training)  # the model's own sample


def notes_of(make) -> list[str]:
    return list(make().notes)


def test_captions_give_the_reports_finding_and_our_numbers(maker):
    filled(maker)
    own = SimpleNamespace(STUDY_MODELS=MODELS, STUDY_FIGURES=STUDY_FIGURES)
    made = study_figures(own, maker.open(), ["smoke"])
    assert set(made) <= {name for name, _ in STUDY_FIGURES.values()}
    notes = notes_of(made["figure_6_3_latent_recovery"])
    assert notes[0] == "(a) original, (b) VAE recovered, (c) GAN recovered, (d) VAE encoded, decoded"
    assert notes[1].startswith("mean absolute error, recovered: VAE 0.15 [")
    assert notes[-2].startswith("the report: of an unseen image the VAE recovers most")
    assert notes[-1] == "smoke"
    denoised = notes_of(made["figure_6_4_noised_and_denoised"])
    assert "held-out images were among the training images of Diffusion model" in denoised
    plain = study_figures(SimpleNamespace(), maker.open(), [])
    assert "figure_study_recovery" in plain
    assert (
        notes_of(plain["figure_study_recovery"])[0]
        == "(a) original, (b) vae recovered, (c) gan recovered, (d) vae encoded, decoded"
    )


def test_thesis_has_a_name_and_a_finding_for_every_figure(maker):
    whole = maker.params.studies.model_copy(update={name: object() for name in ALL})
    maker.params = maker.params.model_copy(update={"studies": whole})
    keys = {name.removeprefix("figure_study_") for name in makers(maker.open(), MODELS, [])}
    assert keys == set(STUDY_FIGURES)
    assert len({name for name, _ in STUDY_FIGURES.values()}) == len(STUDY_FIGURES)


ALL = ("improved_sampling", "forward", "embedding", "opposite", "concept", "scribble")


def test_what_cannot_be_drawn_says_why(maker):
    filled(maker)
    made = makers(maker.open(), MODELS, [])
    with pytest.raises(NotMeasured, match="vae-adam: inpainting has no tiles 'filled'"):
        made["figure_study_inpainting"]()
    no_studies = Maker(Path())
    no_studies.params = maker.params.model_copy(update={"studies": None})
    assert makers(no_studies.open(), MODELS, []) == {}
    assert tables(no_studies.open()) == {}


def test_tables_hold_every_number_and_every_reason(maker):
    filled(maker)
    found = tables(maker.open())
    numbers = found["table_studies"].set_index("metric")
    assert numbers.loc["recovery_mae", "vae"].startswith("0.15 [")
    assert numbers.loc["recovery_mae", "gan"].startswith("0.55 [")
    assert list(numbers.index) == [
        "recovery_mae",
        "encode_decode_mae",
        "denoised_mae/t=1",
    ]  # in the order of the thesis
    reasons = found["table_studies_not_possible"]
    assert list(reasons.itertuples(index=False, name=None)) == [
        ("recovery", "diffusion", "diffusion-adam has no decoder")
    ]


# -- radar ------------------------------------------------------------------------------------------------------------


def test_ranks_and_ties():
    def estimates(margin: float, **values: float) -> dict[str, Estimate]:
        return {name: Estimate(value, value - margin, value + margin, 1) for name, value in values.items()}

    assert rank(estimates(0, a=1.0, b=3.0, c=2.0), higher=True) == {"a": 1, "b": 3, "c": 2}
    assert rank(estimates(0, a=1.0, b=3.0, c=2.0), higher=False) == {"a": 3, "b": 1, "c": 2}
    assert rank(estimates(0, a=1.0, b=1.0, c=2.0), higher=True) == {"a": 2, "b": 2, "c": 3}
    assert rank(estimates(0.01, a=1.59, b=1.6, c=2.0), higher=True) == {"a": 2, "b": 2, "c": 3}
    assert rank(estimates(0.6, a=1.0, b=3.0, c=2.0), higher=True) == {"a": 2, "b": 3, "c": 3}


def measured(maker: Maker) -> None:
    """All that the axes ask for, the VAE best in every one but diversity and editing."""
    runs = RunMaker(maker.folder, maker.params)
    for level, run in enumerate(("vae-adam", "gan-adam", "diffusion-adam"), 1):
        log = [{"epoch": k + 1, "losses": {"loss": 9.0 - k + 0.1 * level * (-1) ** k}} for k in range(9)]
        runs.run(run, 0, {"fid": [9.0, level]}, log=log, provenance={"parameters": {"all": 1000 * level}})
        walks = "interpolation_cost/spherical" if run != "diffusion-adam" else "interpolation_cost/best"
        own = ["recovery_relative", "inpainting_seam", "statements", "seconds_per_image/sampling", walks]
        metrics = [over(name, np.array([level, level + 0.001])) for name in own]
        maker.study(run, [*metrics, over("nearest_sample/features", np.array([level, level]), n=10)])


def test_radar_ranks_what_all_models_have_and_names_the_rest(maker):
    measured(maker)
    figure = radar(maker.open(), MODELS, ["a note"])
    text = " ".join(one.get_text() for one in figure.texts).replace("\n", " ")
    assert "left out - semantic editing" in text
    assert "realism: native FID after training, lower is better - VAE 1 [0.99, 1.01], GAN 2 [" in text
    assert "a note" in text
    (ax,) = figure.axes
    lines = {line.get_label(): list(line.get_ydata()) for line in ax.lines}
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        a.name for a in AXES if a.name != "semantic editing"
    ]
    assert lines["VAE"][:3] == [3, 3, 1]  # worst in diversity
    assert lines["Diffusion model"][:3] == [1, 1, 3]
    assert lines["VAE"][0] == lines["VAE"][-1]  # closed


def test_radar_without_enough_axes_says_what_is_missing(maker):
    with pytest.raises(NotMeasured, match="left out - realism"):
        radar(maker.open(), MODELS, [])


def test_axes_are_defined():
    assert len({axis.name for axis in AXES}) == len(AXES) == 10
    assert all(len(axis.definition) > 10 for axis in AXES)


def test_metrics_over_the_depth_of_noise_are_curves(maker):
    values = {5: np.array([1.0, 3.0]), 20: np.array([2.0, 2.0])}
    maker.study("diffusion-adam", [over(f"interpolation_cost/t={t}", found) for t, found in values.items()])
    figure = makers(maker.open(), MODELS, [])["figure_study_diffusion_interpolation_by_depth"]()
    (line,) = [line for ax in figure.axes for line in ax.lines]
    assert (line.get_label(), list(line.get_xdata()), list(line.get_ydata())) == ("Diffusion model", [5, 20], [2, 2])
    maker.study("diffusion-adam", [])
    with pytest.raises(NotMeasured, match="diffusion-adam"):
        makers(maker.open(), MODELS, [])["figure_study_diffusion_interpolation_by_depth"]()
