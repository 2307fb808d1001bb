import numpy as np
import pytest
import torch

from genrep.data.arrays import ImageSet
from genrep.errors import UserError
from genrep.studies import regions


def named(name: str, side: int = 64, channels: int = 3) -> ImageSet:
    """A set of blank images under a name."""
    images = np.zeros((4, side, side, channels), np.uint8)
    return ImageSet(images, np.zeros(4, np.int64), {"name": name, "classes": 1, "counts": {"train": 4}})


def extent(mask: torch.Tensor) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of a mask (1, 1, H, W)."""
    rows, columns = mask[0, 0].any(1).nonzero()[:, 0], mask[0, 0].any(0).nonzero()[:, 0]
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


@pytest.mark.parametrize(
    ("name", "eye"),
    [
        # of CelebA's 178x218: x 69.4 and y 111.2, less the crop's margin, times 64 over its side
        ("celeba-64-10k", (69.4 * 64 / 178, (111.2 - 20) * 64 / 178)),
        ("celeba-64-tight-10k", ((69.4 - 35) * 64 / 108, (111.2 - 55) * 64 / 108)),
    ],
)
def test_boxes_of_aligned_faces_are_where_the_eyes_are(name, eye):
    left, top, right, bottom = extent(regions.box(named(name), "eye"))
    assert (left + right) / 2 == pytest.approx(eye[0], abs=0.6)
    assert (top + bottom) / 2 == pytest.approx(eye[1], abs=0.6)
    face, hair = extent(regions.box(named(name), "face")), extent(regions.box(named(name), "hair"))
    assert face[0] <= left
    assert right <= face[2]
    assert hair[3] <= face[1] + 1  # above the face
    assert regions.described(named(name), "eye") == "eye: a fixed box of aligned faces"


def test_sets_with_masks_use_them(faces):
    rows = np.array([3, 61])
    for k, name in enumerate(faces.card["masks"]):
        assert np.array_equal(regions.regions(faces, name, rows)[:, 0], faces.masks[rows, k])
    assert "own mask" in regions.described(faces, "hair")
    share = faces.masks[:, faces.card["masks"].index("hair")].mean(0)
    assert np.array_equal(regions.typical(faces, "hair", np.arange(80))[0, 0], share >= 0.5)


def test_other_images_have_boxes_that_are_called_after_no_part_of_a_face():
    mnist = named("mnist", 28, 1)
    assert extent(regions.box(mnist, "middle")) == (10, 10, 18, 18)
    assert not (regions.box(mnist, "upper") & regions.box(mnist, "lower")).any()
    assert regions.described(mnist, "middle") == "middle: a fixed box of any image"
    with pytest.raises(UserError, match=r"region: mnist has no region 'nose'; it has middle, upper, lower$"):
        regions.regions(mnist, "nose", np.array([0]))
    for name in ("eye", "hair", "face"):
        with pytest.raises(UserError, match=f"has no region '{name}' .no masks, and not known to be aligned"):
            regions.regions(mnist, name, np.array([0]))


def test_regions_are_named_once(faces):
    with pytest.raises(UserError, match=r"no region 'nose'; it has eye, face, hair, middle, upper, lower$"):
        regions.regions(faces, "nose", np.array([0]))


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (torch.ones(1, 1, 8, 9, dtype=torch.bool), "mask 'eye' is 8x9, but the images are 8x8; resize one of them"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.bool), "mask 'eye' is empty in image 0 of 2"),
        (torch.ones(2, 1, 8, 8, dtype=torch.bool), "mask 'eye' covers the whole image in image 0 of 2"),
    ],
)
def test_bad_masks_are_named(mask, message):
    with pytest.raises(UserError, match=message):
        regions.checked(mask, (3, 8, 8), "eye")


def test_ring_and_means():
    hole = torch.zeros(1, 1, 9, 9, dtype=torch.bool)
    hole[..., 4, 4] = True
    assert int(regions.ring(hole, 1).sum()) == 8
    assert int(regions.ring(hole, 2).sum()) == 24
    assert not (regions.ring(hole, 2) & hole).any()
    values = torch.zeros(1, 3, 9, 9)
    values[..., 4, 4] = torch.tensor([1.0, 2.0, 6.0])
    assert regions.inside_mean(values, hole).item() == 3
    assert regions.inside_mean(values, ~hole).item() == 0
    assert regions.inside_share(values, hole).item() == 1
    assert regions.inside_share(torch.ones(1, 3, 9, 9), regions.ring(hole, 1)).item() == pytest.approx(8 / 81)
    assert regions.inside_share(0 * values, hole).item() == 0
