import numpy as np
import pytest
import torch
from PIL import Image

from genrep.errors import UserError
from genrep.metrics.images import ArrayImages, FolderImages, StreamImages

PIXELS = np.random.default_rng(0).integers(0, 256, (7, 5, 6, 3), dtype=np.uint8)


def joined(source, size=3) -> np.ndarray:
    parts = list(source.batches(size))
    assert [len(part) for part in parts] == [3, 3, 1]
    return torch.cat(parts).permute(0, 2, 3, 1).numpy()


def folder(path, images=PIXELS):
    for i, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(path / f"{i:02}.png")
    return path


def test_all_sources_give_the_same_images(tmp_path):
    tensor = torch.from_numpy(PIXELS).permute(0, 3, 1, 2)
    np.save(tmp_path / "images.npy", PIXELS)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    stream = StreamImages(iter(tensor.split(3)), 7, "id")
    for source in (
        ArrayImages(PIXELS),
        ArrayImages(mapped),
        ArrayImages(tensor),
        FolderImages(folder(tmp_path)),
        stream,
    ):
        assert len(source) == 7
        assert (joined(source) == PIXELS).all()


def test_identity_is_the_pixels_or_what_was_given(tmp_path):
    tensor = torch.from_numpy(PIXELS).permute(0, 3, 1, 2)
    other = PIXELS.copy()
    other[3, 2, 2, 2] ^= 1
    assert ArrayImages(PIXELS).identity == ArrayImages(tensor).identity != ArrayImages(other).identity
    assert ArrayImages(PIXELS).identity != ArrayImages(PIXELS.reshape(7, 6, 5, 3)).identity
    assert ArrayImages(PIXELS, identity="card").identity == StreamImages([], 7, "card").identity == "card"
    before = FolderImages(folder(tmp_path)).identity
    Image.fromarray(other[0]).save(tmp_path / "07.png")
    assert FolderImages(tmp_path).identity != before


def test_grey_files_stay_grey(tmp_path):
    source = FolderImages(folder(tmp_path, PIXELS[..., :1]))
    assert (joined(source) == PIXELS[..., :1]).all()


@pytest.mark.parametrize(("mode", "channels"), [("1", 1), ("L", 1), ("LA", 1), ("P", 3), ("RGB", 3), ("RGBA", 3)])
def test_kinds_of_files_that_are_grey_or_rgb(tmp_path, mode, channels):
    Image.fromarray(PIXELS[0]).convert(mode).save(tmp_path / "a.png")
    (batch,) = FolderImages(tmp_path).batches(1)
    assert batch.shape == (1, channels, 5, 6)


def test_what_rgb_does_not_hold_is_refused(tmp_path):
    transparent = Image.fromarray(PIXELS[0]).convert("RGBA")
    transparent.putpixel((1, 1), (0, 0, 0, 128))
    transparent.save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a\.png is transparent in places; put it on a background first"):
        list(FolderImages(tmp_path).batches(1))
    (tmp_path / "a.png").unlink()
    Image.fromarray(PIXELS[0]).convert("CMYK").save(tmp_path / "a.jpg")
    with pytest.raises(UserError, match=r"a\.jpg has colours of another kind \(CMYK\); convert it to RGB first"):
        list(FolderImages(tmp_path).batches(1))


def test_rows_choose_and_order(tmp_path):
    np.save(tmp_path / "images.npy", PIXELS)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    order = np.array([6, 0, 3])
    source = ArrayImages(mapped, rows=order)
    assert len(source) == 3
    assert (torch.cat([*source.batches(2)]).permute(0, 2, 3, 1).numpy() == PIXELS[order]).all()
    assert source.identity == ArrayImages(PIXELS[order]).identity
    with pytest.raises(UserError, match="holds no images"):
        ArrayImages(PIXELS, rows=order[:0])


def test_deeper_files_are_refused_where_pillow_would_clip_them(tmp_path):
    Image.fromarray(np.full((4, 4), 40_000, np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(UserError, match=r"a\.png has more than 8 bits a channel \(I;16\)"):
        list(FolderImages(tmp_path).batches(3))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: FolderImages(path), r"itself holds no images \(.bmp, .jpeg, .jpg, .png, .webp\)"),
        (lambda path: FolderImages(path / "none"), "none is no folder of images"),
        (lambda path: ArrayImages(PIXELS[:0]), "the image set holds no images"),
        (lambda path: ArrayImages(PIXELS / 255), "must hold uint8 images of 1 or 3 channels, got float64 of shape"),
        (lambda path: ArrayImages(PIXELS[..., :2]), r"got uint8 of shape \(7, 5, 6, 2\)"),
        (lambda path: ArrayImages(PIXELS[0]), r"got uint8 of shape \(5, 6, 3\)"),
        (lambda path: StreamImages([], 0, "id"), "holds no images"),
    ],
)
def test_what_is_no_set_of_images_is_named(tmp_path, make, message):
    with pytest.raises(UserError, match=message):
        make(tmp_path)


def test_mixed_sizes_are_named(tmp_path):
    folder(tmp_path)
    Image.fromarray(PIXELS[0, :4]).save(tmp_path / "05.png")
    with pytest.raises(UserError, match=r"mixes sizes: 00\.png is 5x6x3, 05\.png 4x6x3"):
        list(FolderImages(tmp_path).batches(3))
    parts = [torch.zeros(1, 1, side, side, dtype=torch.uint8) for side in (4, 5)]
    with pytest.raises(UserError, match=r"mixes sizes: \(1, 4, 4\) and \(1, 5, 5\)"):
        list(StreamImages(parts, 2, "id").batches(3))


def test_an_unreadable_file_is_named(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"a\.png cannot be read as an image"):
        list(FolderImages(tmp_path).batches(3))
