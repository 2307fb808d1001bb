"""Real images that may not be redistributed never reach a committed figure; the catalogue says which those are."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from genrep.data.catalogue import catalogue
from genrep.report.figures.sheets import BLANK, Sheet, draw_sheets
from genrep.report.figures.style import save, theme
from genrep.report.figures.withheld import FULL, save_sheets
from tests.report.conftest import ROOT

RED, BLUE = (255, 0, 0), (0, 0, 255)


def sheet(sets) -> Sheet:
    """A row of red tiles, which are real, and blue ones, which a model has drawn."""
    colours = [RED if name else BLUE for name in sets]
    tiles = np.array(colours, np.uint8)[None, :, :, None, None].repeat(8, 3).repeat(8, 4)
    return Sheet(tiles, sets=np.array([sets]))


def colours(path: Path) -> set[tuple[int, ...]]:
    pixels = (imread(path)[..., :3] * 255).round().astype(int).reshape(-1, 3)
    return set(map(tuple, np.unique(pixels, axis=0).tolist()))


@pytest.mark.parametrize("name", ["mnist", "cifar10-reduced", "celeba-64-10k", "celeba-hq-128", "lhq-128", "faces-64"])
def test_set_is_shown_or_withheld_as_its_flag_says(tmp_path, name):
    path = tmp_path / "figure.png"
    with theme():
        written = save_sheets([sheet([name, ""])], "real and drawn", [], path, tmp_path / "full")
    assert BLUE in colours(path)
    if catalogue()[name].redistribution:
        assert written == [path]
        assert RED in colours(path)
    else:
        assert written == [path, tmp_path / "full" / "figure.png"]
        assert RED not in colours(path)
        assert (BLANK,) * 3 in colours(path)
        assert RED in colours(written[1])


def test_only_the_licensed_images_are_withheld():
    assert sheet(["celeba-64-10k", "mnist", "", "lhq-128"]).withheld().tolist() == [[True, False, False, True]]
    assert not Sheet(np.zeros((2, 3, 1, 4, 4), np.uint8)).withheld().any()
    for entry in catalogue().values():
        assert sheet([entry.name]).withheld().all() == (not entry.redistribution)


def test_figures_of_nothing_real_are_what_they_were(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 1, 28, 28), dtype=np.uint8)
    paths = [tmp_path / f"{k}.png" for k in range(3)]
    with theme():
        for path, sets, full in zip(paths, (None, "mnist", "celeba-64"), (False, False, True), strict=True):
            marked = None if sets is None else np.full((2, 3), sets)
            save(draw_sheets([Sheet(images, sets=marked)], "title", ["note"], full), path)
    assert len({path.read_bytes() for path in paths}) == 1


def test_place_of_the_figure_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = Path("results", "desk", "thesis", "figure_1.png")
    with theme():
        assert save_sheets([sheet(["celeba-hq-128"])], "real", [], path) == [path, FULL / path]
        assert save_sheets([sheet(["mnist"])], "real", [], path) == [path]
    assert not (FULL / path).exists()  # of what was drawn before


def test_full_figures_are_ignored_by_git():
    path = str(FULL / "results" / "desk" / "thesis" / "figure_1.png")
    done = subprocess.run(["git", "check-ignore", path], cwd=ROOT, capture_output=True)
    if done.returncode == 128:
        pytest.skip("not a clone")
    assert done.returncode == 0
