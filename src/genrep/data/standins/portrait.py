"""The parts of a stand-in face, without hair and what is worn."""

from dataclasses import dataclass

from PIL import Image, ImageChops

from genrep.data.standins.canvas import Canvas
from genrep.data.standins.parameters import Colour, mix, symmetric

HAIR, FACE, EYE = 1, 2, 3  # segments
BLACK, WHITE = (22, 16, 16), (255, 250, 244)
EYES = ((94, 116), (162, 116))
EYE_BOX = (69, 101, 119, 131)  # the eye on the image's left, with its lids
MOUTH_BOX = (70, 162, 186, 226)  # all that smiling changes


@dataclass(frozen=True)
class Face:
    """What a face is drawn from; lengths in units of the board, which is 256 wide."""

    male: bool
    young: bool
    smiling: bool
    glasses: int  # 0: none, 1: round, 2: angular
    hat: int  # 0: none, 1: beanie, 2: cap, 3: brim
    beard: int  # 0: none, 1: stubble, 2: full
    hair: str  # CelebA's name of its colour
    style: int  # 0: short, 1: fringe, 2: to the chin, 3: beyond the shoulders, 4: curls
    side: int  # 1 or -1: where the light comes from and the hair is parted
    yaw: int  # how far the nose is turned to the side
    pitch: int  # how far it is raised or lowered
    jaw: int  # half the width at the jaw
    skin: Colour
    tint: Colour  # of the hair
    iris: Colour
    lips: Colour
    cloth: Colour
    backdrop: tuple[Colour, Colour]
    light: int  # percent
    seed: int  # of the textures

    @property
    def shadow(self) -> Colour:
        """Skin away from the light."""
        return mix(self.skin, (84, 30, 22), 120)

    @property
    def shine(self) -> Colour:
        """Skin towards the light."""
        return mix(self.skin, WHITE, 124)


def body(board: Canvas, face: Face) -> None:
    """Neck and clothes."""
    half = 38 if face.male else 29
    neck = board.shape(symmetric(128, [(half, 180), (half + 8, 262)]), smooth=False)
    board.paint(neck, face.skin, segment=0)
    board.soft("glow", (60, 170, 196, 280), mix(face.shadow, BLACK, 60), 230, neck)
    half_cloth = [(24, 226), (54, 236), (120, 250), (158, 300)]
    cloth = board.shape([(128, 268), *symmetric(128, half_cloth)])
    board.paint(cloth, face.cloth, segment=0)
    board.soft("rim", (-20, 220, 276, 340), mix(face.cloth, BLACK, 150), 160, cloth)


def skin(board: Canvas, face: Face) -> Image.Image:
    """Ears and the skin of the face with its light; returns the mask of the face."""
    if face.style == 0:
        for x in (50 + face.yaw // 2, 206 + face.yaw // 2):
            board.paint(board.oval((x - 10, 106, x + 10, 150)), mix(face.skin, face.shadow, 110), segment=0)
            board.disc((x - 5, 114, x + 5, 142), mix(face.skin, face.shadow, 200))
    turn, chin, round_chin = face.yaw // 3, face.yaw * 2 // 3, 30 if face.male else 24
    half = [(38, 50), (76 + turn, 80), (79 + turn, 132), (73 + turn, 172), (chin + face.jaw, 214)]
    other = [(38, 50), (76 - turn, 80), (79 - turn, 132), (73 - turn, 172), (face.jaw - chin, 214)]
    ends = [(128 + chin + round_chin, 240 + face.pitch), (128 + chin - round_chin, 240 + face.pitch)]
    outline = [(128 + x, y) for x, y in half] + ends + [(128 - x, y) for x, y in other[::-1]]
    mask = board.paint(board.shape(outline), face.skin, segment=FACE)
    shift, chin = 26 * face.side, 128 + chin
    board.soft("rim", (26 + shift, 10, 230 + shift, 264), face.shadow, 255, mask)
    board.soft("glow", (78 + shift, 44, 178 + shift, 112), face.shine, 120, mask)
    blush = mix(face.skin, (216, 70, 64), 100)
    for x in (86, 170):
        board.soft("glow", (x - 32 + turn, 136, x + 32 + turn, 190), blush, 90 if face.male else 150, mask)
        board.soft("glow", (x - 22 + turn, 132, x + 22 + turn, 164), face.shine, 80, mask)
        board.soft("glow", (x - 38, 92, x + 38, 138), face.shadow, 110, mask)
    board.soft("glow", (chin - 20, 208, chin + 20, 236), face.shine, 70, mask)
    if not face.young:
        crease = mix(face.skin, face.shadow, 170)
        for y in (68, 78):
            board.stroke([(94, y), (128, y - 4), (162, y)], 1, crease)
        for x, y in EYES:
            board.stroke([(x - 16, y + 16), (x, y + 21), (x + 16, y + 16)], 2, crease)
    return mask


def eyes(board: Canvas, face: Face) -> None:
    """Brows, lids, irises."""
    lash, brow = mix(face.skin, BLACK, 216), mix(mix(face.tint, BLACK, 110), face.skin, 50)
    arch, bold = (0, 6) if face.male else (3, 3)
    for x, y in EYES:
        out = 1 if x > 128 else -1
        upper = [(x - 25 * out, y + 4), (x - 10 * out, y - 11), (x + 10 * out, y - 12)]
        opening = [*upper, (x + 26 * out, y), (x + 10 * out, y + 10), (x - 8 * out, y + 11)]
        lens = board.paint(board.shape(opening), (238, 234, 230))
        look = x + face.yaw // 4
        board.paint(ImageChops.multiply(lens, board.oval((look - 9, y - 10, look + 9, y + 8))), face.iris)
        board.paint(ImageChops.multiply(lens, board.oval((look - 4, y - 5, look + 4, y + 3))), BLACK)
        board.soft("glow", (x - 24, y - 18, x + 24, y), BLACK, 120, lens)
        board.disc((look + 2 * face.side - 2, y - 6, look + 2 * face.side + 2, y - 2), WHITE)
        lid = [(x - 20 * out, y + 3), (x - 10 * out, y - 8), (x + 8 * out, y - 10), (x + 21 * out, y - 1)]
        board.stroke(lid if face.male else [*lid, (x + 25 * out, y - 4)], 2 if face.male else 3, lash)
        board.stroke([(px, py - 7) for px, py in lid], 1, mix(face.skin, lash, 110))
        inner = [(x - 22 * out, y - 26), (x - 4 * out, y - 30 - arch)]
        board.stroke([*inner, (x + 16 * out, y - 28 - arch), (x + 29 * out, y - 19)], bold, brow)
        board.stroke(inner, bold + 1, brow)


def nose(board: Canvas, face: Face, mask: Image.Image) -> None:
    """Bridge, tip, nostrils."""
    x, y = 128 + face.yaw, 162 + face.pitch
    wide = 19 if face.male else 15
    board.soft("glow", (x - 16 - 12 * face.side, 108, x + 16 - 12 * face.side, y + 14), face.shadow, 150, mask)
    board.soft("glow", (x - wide - 6, y - 8, x + wide + 6, y + 16), face.shadow, 150, mask)
    board.soft("glow", (x - 8, 104, x + 8, y + 4), face.shine, 110, mask)
    board.soft("glow", (x - 12, y - 18, x + 12, y + 6), face.shine, 170, mask)
    for out in (-1, 1):
        nostril, wing = x + out * wide // 2, x + out * wide
        board.disc((nostril - 4, y + 2, nostril + 4, y + 7), mix(face.shadow, BLACK, 110))
        board.stroke([(wing - out * 2, y - 8), (wing, y), (wing - out * 4, y + 7)], 2, face.shadow)


def mouth(board: Canvas, face: Face) -> None:
    """Lips, and teeth where the face smiles; stays inside ``MOUTH_BOX``."""
    x, y = 128 + face.yaw * 2 // 3, 191 + face.pitch
    wide, full = (30, 0) if face.male else (28, 3)
    dark = mix(face.lips, BLACK, 150)
    if face.smiling:
        for out in (-1, 1):
            fold = [(x + 30 * out, y - 22), (x + 41 * out, y - 12), (x + 42 * out, y)]
            board.stroke(fold, 1, mix(face.skin, face.shadow, 150))
        board.fill([(x, y - 7), *symmetric(x, [(12, y - 9 - full), (40, y - 10), (18, y + 14)]), (x, y - 7)], face.lips)
        board.fill([(x, y - 3), *symmetric(x, [(32, y - 7), (15, y + 11)])], WHITE)
        board.stroke([(x - 33, y - 8), (x, y - 3), (x + 33, y - 8)], 1, dark)
        board.stroke([(x - 33, y - 8), (x - 18, y + 8), (x, y + 11), (x + 18, y + 8), (x + 33, y - 8)], 1, dark)
    else:
        board.fill([(x, y - 4), *symmetric(x, [(9, y - 8 - full), (wide, y), (12, y + 12 + full)])], face.lips)
        board.stroke([(x + 5 - wide, y), (x - 8, y + 1), (x + 8, y + 1), (x + wide - 5, y)], 2, dark)
    board.soft("glow", (x - 12, y + 9, x + 12, y + 16), mix(face.lips, WHITE, 80), 120)
