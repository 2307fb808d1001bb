"""Regions of an image: those that a data set's masks mark, else fixed boxes.

Generated faces carry the masks ``eye``, ``face`` and ``hair``. Real aligned faces have both eyes at one place in every
image, and boxes around it stand for masks, sized by the distance E between the eyes:

    eye   0.72 E wide, 0.5 E high, around the eye on the image's left
    face  1.9 E wide, from 0.5 E above the eyes to 1.75 E below
    hair  2.6 E wide, from 1.9 E to 0.7 E above the eyes

Where the eyes are follows from how a set was aligned and cropped. Images of which that is not known have no such
regions, since a box would miss what it is called after; they, and all others, have a box in the ``middle``, an
``upper`` and a ``lower`` part.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from genrep.data.arrays import ImageSet
from genrep.errors import UserError

MEND = "choose another region, or mend the set's masks"
Box = tuple[float, float, float, float]  # left, top, right, bottom, as shares of width and height


@dataclass(frozen=True)
class Eyes:
    """Where both eyes of aligned faces are, as shares of the width and height."""

    left: tuple[float, float]
    right: tuple[float, float]

    def boxes(self) -> dict[str, Box]:
        """The regions by name."""
        E = self.right[0] - self.left[0]
        x, y = (self.left[0] + self.right[0]) / 2, (self.left[1] + self.right[1]) / 2
        return {
            "eye": (self.left[0] - 0.36 * E, self.left[1] - 0.25 * E, self.left[0] + 0.36 * E, self.left[1] + 0.25 * E),
            "face": (x - 0.95 * E, y - 0.5 * E, x + 0.95 * E, y + 1.75 * E),
            "hair": (x - 1.3 * E, y - 1.9 * E, x + 1.3 * E, y - 0.7 * E),
        }


def _celeba(side: float) -> Eyes:
    """CelebA's aligned images are 178x218 with the eyes at (69.4, 111.2) and (107.6, 111.0), its mean landmarks."""
    left, top = (178 - side) / 2, (218 - side) / 2
    return Eyes(((69.4 - left) / side, (111.2 - top) / side), ((107.6 - left) / side, (111.0 - top) / side))


# CelebA-HQ's square has a side of four times the distance between the eyes, and its centre lies a tenth of the way
# from them to the mouth (Karras et al., 2018, appendix C): with CelebA's mean landmarks, eyes 38.2 apart and the mouth
# 40.4 below, the eyes are at these shares.
EYES = {
    "celeba-64": _celeba(178),
    "celeba-64-10k": _celeba(178),
    "celeba-64-tight": _celeba(108),
    "celeba-64-tight-10k": _celeba(108),
    "celeba-hq-128": Eyes((0.375, 0.474), (0.625, 0.474)),
}
ANY: dict[str, Box] = {
    "middle": (0.35, 0.35, 0.65, 0.65),
    "upper": (0.0, 0.0, 1.0, 0.4),
    "lower": (0.0, 0.45, 1.0, 1.0),
}
OF_FACES = ("eye", "face", "hair")


def regions(images: ImageSet, name: str, rows: np.ndarray) -> Tensor:
    """A region of some images: (N, 1, H, W) bool.

    Args:
        images: the data set.
        name: a mask of the set, ``eye``, ``face`` or ``hair`` of aligned faces, or ``middle``, ``upper`` or ``lower``.
        rows: (N,) of its images.

    Raises:
        UserError: no such region.
    """
    masks = images.card.get("masks") or []
    if images.masks is not None and name in masks:
        return torch.from_numpy(np.array(images.masks[rows, masks.index(name)]))[:, None]
    return box(images, name).expand(len(rows), -1, -1, -1)


def typical(images: ImageSet, name: str, rows: np.ndarray) -> Tensor:
    """The pixels that are in a region of at least half of some images: (1, 1, H, W) bool.

    Raises:
        UserError: there is no such region, it has another size than the images, no pixel is in it, or all are.
    """
    found = regions(images, name, rows).float().mean(0, keepdim=True) >= 0.5
    return checked(found, images.shape, name, f"in half of {len(rows)} images of {images.card['name']}")


def box(images: ImageSet, name: str) -> Tensor:
    """The fixed box that stands for a region in a set without masks: (1, 1, H, W) bool.

    Raises:
        UserError: no such region.
    """
    own = images.card["name"]
    boxes = ANY | (EYES[own].boxes() if own in EYES else {})
    if name not in boxes:
        known = ", ".join(dict.fromkeys([*(images.card.get("masks") or []), *boxes]))
        why = " (no masks, and not known to be aligned faces)" if name in OF_FACES else ""
        raise UserError(f"region: {own} has no region {name!r}{why}; it has {known}")
    _, H, W = images.shape
    left, top, right, bottom = boxes[name]
    mask = torch.zeros(1, 1, H, W, dtype=torch.bool)
    mask[..., max(0, round(top * H)) : round(bottom * H), max(0, round(left * W)) : round(right * W)] = True
    return mask


def described(images: ImageSet, name: str) -> str:
    """How a region is known, for captions."""
    if name in (images.card.get("masks") or []):
        return f"{name}: the set's own mask"
    kind = "of aligned faces" if name in OF_FACES else "of any image"
    return f"{name}: a fixed box {kind}"


def checked(mask: Tensor, shape: Sequence[int], name: str, where: str = "") -> Tensor:
    """A mask (N, 1, H, W) that fits images of a shape (..., H, W).

    Args:
        mask: to be checked.
        shape: of the images.
        name: of the mask.
        where: what it is of, in words; by default the first image that is at fault is named.

    Raises:
        UserError: another size, an empty mask, or one that leaves nothing.
    """
    if mask.shape[-2:] != tuple(shape[-2:]):
        sizes = ("x".join(map(str, size[-2:])) for size in (mask.shape, shape))
        raise UserError("mask {!r} is {}, but the images are {}; resize one of them".format(name, *sizes))
    for what, pixels in (("is empty", mask), ("covers the whole image", ~mask)):
        found = pixels.flatten(1).any(1)
        if not found.all():
            place = where or f"in image {int((~found).nonzero()[0])} of {len(mask)}"
            raise UserError(f"mask {name!r} {what} {place}; {MEND}")
    return mask


def having(images: ImageSet, *names: str) -> np.ndarray:
    """(N,) bool: the images of the data set in which none of some regions is empty; all where they are boxes.

    Raises:
        UserError: one of them is empty in every test image.
    """
    masks, found = images.card.get("masks") or [], np.ones(len(images.labels), bool)
    for name in names:
        if images.masks is not None and name in masks:
            mask = np.asarray(images.masks)[:, masks.index(name)].reshape(len(found), -1)
            filled = mask.max(axis=1)  # (N,) bool
            if not filled[images.split("test")].any():
                raise UserError(f"mask {name!r} is empty in every test image of {images.card['name']}; {MEND}")
            found &= filled
    return found


def ring(hole: Tensor, width: int) -> Tensor:
    """The pixels within so many of a hole, outside of it: (N, 1, H, W) bool -> the same."""
    grown = F.max_pool2d(hole.float(), 2 * width + 1, stride=1, padding=width) > 0
    return grown & ~hole


def inside_share(values: Tensor, mask: Tensor) -> Tensor:
    """Share of the sum of (N, C, H, W) values, none of them negative, that lies in a mask (N or 1, 1, H, W): (N,).

    Areas count: where all values are alike it is the mask's share of the image. 0 where all values are 0.
    """
    inside = (values * mask.to(values.dtype)).sum(dim=(1, 2, 3))
    return inside / values.sum(dim=(1, 2, 3)).clamp(min=1e-12)


def inside_mean(values: Tensor, mask: Tensor) -> Tensor:
    """Mean of (N, C, H, W) values over the pixels of a mask (N, 1, H, W): (N,); NaN for an empty mask."""
    weight = mask.to(values.dtype)
    return (values * weight).sum(dim=(1, 2, 3)) / (weight.sum(dim=(1, 2, 3)) * values.shape[1])
