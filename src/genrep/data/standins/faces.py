"""Aligned faces, as in CelebA's aligned crops: both eyes at the same place in every image."""

import numpy as np

from genrep.data.standins import grooming, portrait
from genrep.data.standins.canvas import Canvas, Drawing
from genrep.data.standins.parameters import chance, choose, mix, pick, vary
from genrep.data.standins.portrait import EYE, EYE_BOX, FACE, HAIR, WHITE, Face

CLASSES = ("face",)
SKINS = ((255, 224, 203), (243, 201, 172), (228, 178, 144), (198, 144, 108), (150, 100, 72), (104, 68, 50))
HAIRS = {
    "Black_Hair": (38, 31, 30),
    "Blond_Hair": (226, 188, 118),
    "Brown_Hair": (108, 68, 42),
    "Gray_Hair": (172, 170, 170),
}
IRISES = ((86, 56, 36), (60, 40, 30), (82, 124, 160), (92, 122, 84), (112, 128, 138))
BACKDROPS = ((70, 96, 130), (150, 140, 128), (200, 206, 212), (60, 66, 60), (128, 60, 56), (94, 132, 96), (30, 30, 38))


def style(rng: np.random.Generator, male: bool) -> int:
    """Mostly short hair for men and long hair for women."""
    if male:
        return 0 if chance(rng, 76) else (1, 2, 4)[pick(rng, 0, 2)]
    return (0, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3, 4)[pick(rng, 0, 11)]


def sample(rng: np.random.Generator) -> Face:
    """Draw the parameters; hair, beard and make-up are loosely correlated with sex, as in CelebA."""
    male, young, tone = chance(rng, 42), chance(rng, 77), (0, 0, 1, 1, 1, 2, 2, 3, 4, 5)[pick(rng, 0, 9)]
    odds = (25, 60, 90, 100) if tone < 3 else (80, 84, 98, 100)
    if not young:
        odds = (20, 35, 50, 100)
    percent = pick(rng, 0, 99)
    hair = next(name for name, bound in zip(HAIRS, odds, strict=True) if percent < bound)
    skin = vary(rng, SKINS[tone], 8)
    return Face(
        male=male,
        young=young,
        smiling=chance(rng, 48),
        glasses=pick(rng, 1, 2) if chance(rng, 15) else 0,
        hat=pick(rng, 1, 3) if chance(rng, 10) else 0,
        beard=pick(rng, 1, 2) if male and chance(rng, 45) else 0,
        hair=hair,
        style=style(rng, male),
        side=1 if chance(rng, 50) else -1,
        yaw=pick(rng, -14, 14),
        pitch=pick(rng, -5, 5),
        jaw=pick(rng, 54, 62) if male else pick(rng, 44, 53),
        skin=skin,
        tint=vary(rng, HAIRS[hair], 6 if hair == "Black_Hair" else 12),
        iris=IRISES[pick(rng, 0, 4 if tone < 3 else 1)],
        lips=mix(mix(skin, (178, 58, 60), 110), (186, 24, 56), 0 if male else pick(rng, 20, 190)),
        cloth=vary(rng, (128, 128, 128), 110),
        backdrop=(vary(rng, BACKDROPS[pick(rng, 0, 6)], 20), vary(rng, BACKDROPS[pick(rng, 0, 6)], 20)),
        light=pick(rng, 84, 108),
        seed=pick(rng, 0, 2**31),
    )


def render(face: Face, size: int) -> Drawing:
    """Draw one face; see ``draw``."""
    board, rng = Canvas(size, face.backdrop[0]), np.random.default_rng(face.seed)
    board.soft("down", (0, 0, 256, 256), face.backdrop[1])
    board.mottle(board.noise(rng, 4, 4, 130), mix(face.backdrop[1], WHITE, 90))
    grooming.hair_behind(board, face, rng)
    portrait.body(board, face)
    mask = portrait.skin(board, face)
    portrait.nose(board, face, mask)
    portrait.eyes(board, face)
    if face.beard:
        grooming.beard(board, face, rng, mask)
    portrait.mouth(board, face)
    grooming.hair_before(board, face, rng)
    if face.glasses:
        grooming.glasses(board, face)
    if face.hat:
        grooming.hat(board, face, rng)
    board.segments.paste(EYE, mask=board.oval(EYE_BOX))
    board.image = board.image.point([min(255, level * face.light // 100) for level in range(256)] * 3)
    attributes = {
        **{name: face.hair == name for name in HAIRS},
        "Male": face.male,
        "Young": face.young,
        "Smiling": face.smiling,
        "Eyeglasses": face.glasses > 0,
        "Wearing_Hat": face.hat > 0,
        "No_Beard": face.beard == 0,
    }
    masks = {"eye": board.mask(EYE), "face": board.mask(FACE, EYE), "hair": board.mask(HAIR)}
    return Drawing(board.finish(), 0, attributes, masks)


def draw(rng: np.random.Generator, size: int, label: int | None = None) -> Drawing:
    """Draw one face.

    Args:
        size: height and width in pixels.
        label: 0 or None; there is one class.

    Returns:
        An image (size, size, 3) in 0 to 255, CelebA's attributes ``Black_Hair``, ``Blond_Hair``, ``Brown_Hair``,
        ``Gray_Hair``, ``Male``, ``Young``, ``Smiling``, ``Eyeglasses``, ``Wearing_Hat`` and ``No_Beard``, and the masks
        ``eye`` (the one on the image's left, the person's right, with its lids), ``face`` (skin, eyes and mouth that
        nothing covers; contains ``eye``) and ``hair`` (disjoint from both).

    Raises:
        ValueError: no such label.
    """
    choose(rng, label, 1)
    return render(sample(rng), size)
