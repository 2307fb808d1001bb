"""Contact sheets of sets with few classes, one class, and many."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import imread

from genrep.data.arrays import ImageSet
from genrep.report.figures.contact import contact_sheet
from genrep.report.figures.style import save, theme


def invented(classes: int, count: int = 400) -> ImageSet:
    """Images whose grey is their class."""
    labels = np.arange(count) % classes
    images = np.broadcast_to((labels * 3).astype(np.uint8)[:, None, None, None], (count, 8, 8, 1))
    card = {"name": "invented", "title": "A set", "licence": "MIT", "citation": "nobody", "classes": classes}
    return ImageSet(np.array(images), labels, card | {"counts": {"train": count}})


@pytest.mark.parametrize(("classes", "rows"), [(1, 6), (2, 6), (4, 8), (10, 10), (62, 6)])
def test_each_class_has_its_rows(tmp_path: Path, classes: int, rows: int) -> None:
    with theme():
        figure = contact_sheet(invented(classes))
        save(figure, tmp_path / "sheet.png")
    shown = (imread(tmp_path / "sheet.png")[..., 0] * 255).round().astype(int)
    greys = {3 * c for c in range(classes)} if classes <= 10 else {0}
    assert greys <= set(np.unique(shown))
    labels = [text.get_text() for text in figure.texts]
    if 1 < classes <= 10:
        assert labels.count("0") == rows // classes
    assert any("400 images; MIT" in label for label in labels)


def test_a_class_with_few_images_begins_again() -> None:
    images = invented(2)
    images.labels[:] = 1
    images.labels[0] = 0
    with theme():
        assert contact_sheet(images)


@pytest.mark.parametrize("letter", ["W", "m", "i"])
def test_long_title_is_wrapped_to_the_width(letter: str) -> None:
    images = invented(1)
    images.card["title"] = " ".join([letter * 9] * 30)
    with theme():
        figure = contact_sheet(images)
        FigureCanvasAgg(figure).draw()
        assert all(text.get_window_extent().x1 <= figure.bbox.width for text in figure.texts)
