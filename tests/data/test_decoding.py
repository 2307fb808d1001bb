"""From archives to arrays: the pixels of a plain loop, whatever the number of processes, and after any interruption."""

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
import zipfile

import numpy as np
import pytest
from PIL import Image

from genrep.data import decoding, staging
from genrep.data import prepare as preparing
from genrep.data.arrays import ImageSet
from genrep.data.catalogue import catalogue, data_set
from genrep.data.decode import Recipe, decode
from genrep.data.prepare import prepare
from genrep.errors import UserError
from tests.conftest import ROOT
from tests.data.conftest import encoded

NOISE = encoded(np.random.default_rng(0).integers(0, 256, (64, 64), np.uint8), "JPEG")


def plain(content: bytes) -> np.ndarray:
    """What a user would write: open, crop the centre square, resize."""
    image = Image.open(io.BytesIO(content)).convert("RGB")
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((8, 8), Image.Resampling.BILINEAR))


def in_order(faces) -> list[str]:
    """Names in the archive in the order of the prepared rows: every tenth image comes last."""
    names = sorted(faces.images)
    return [n for k, n in enumerate(names) if k % 10 != 9] + names[9::10]


def test_pixels_labels_and_attributes(tmp_path, fake_faces):
    found = prepare("tiny-faces", tmp_path)
    names = in_order(fake_faces)
    np.testing.assert_array_equal(found.images, np.stack([plain(fake_faces.images[name]) for name in names]))
    attributes = np.array([fake_faces.attributes[name.removeprefix("faces/").replace("png", "jpg")] for name in names])
    np.testing.assert_array_equal(found.attributes, attributes)
    np.testing.assert_array_equal(found.labels, attributes[:, 0])
    assert found.card["attributes"] == ["Smile", "Hat"]
    assert found.card["counts"] == {"train": 36, "test": 4}
    assert found.card["share_of_official"] == 1
    assert not found.card["verified"]  # nobody has recorded an identity


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_processes_gives_the_same_set(tmp_path, fake_faces, monkeypatch, workers):
    monkeypatch.setattr(decoding, "ROWS", 7)
    monkeypatch.setattr(decoding, "WORTH_A_POOL", 0)
    np.testing.assert_array_equal(
        prepare("tiny-faces", tmp_path, workers=workers).images,
        np.stack([plain(fake_faces.images[name]) for name in in_order(fake_faces)]),
    )


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_image_in_another_mode_is_converted_and_counted(tmp_path, fake_faces, mode):
    stream = io.BytesIO()
    Image.fromarray(np.full((16, 12, 3), 200, np.uint8)).convert(mode).save(stream, "TIFF" if mode == "CMYK" else "PNG")
    fake_faces.images["faces/000007.png"] = stream.getvalue()
    fake_faces.pack()
    found = prepare("tiny-faces", tmp_path)
    assert found.card["converted"] == {mode: 1}
    if mode == "L":
        assert (found.images[6] == 200).all()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"not an image", "000003.png (not an image that Pillow knows)", id="garbage"),
        pytest.param(b"", "000003.png (not an image that Pillow knows)", id="empty"),
        pytest.param(
            NOISE[:1500],
            "truncated",
            id="cut short",
        ),
        pytest.param(
            encoded(np.zeros((4100, 4100), np.uint8)), "4100x4100 pixels, like a decompression bomb", id="bomb"
        ),
    ],
)
def test_unreadable_images_are_named_and_counted_and_none_is_left_out(tmp_path, fake_faces, content, reason):
    for number in range(3, 10):
        fake_faces.images[f"faces/{number:06d}.png"] = content
    fake_faces.pack()
    with pytest.raises(UserError) as caught:
        prepare("tiny-faces", tmp_path / "data")
    said = str(caught.value)
    assert said.startswith("tiny-faces: 7 of 40 images cannot be read: faces/000003.png (")
    assert reason in said
    assert "faces/000007.png" in said and "faces/000008.png" not in said
    assert " and 2 more; none is left out or replaced, so fetch the archive again" in said
    assert "\n" not in said
    assert not (tmp_path / "data").exists()


def test_broken_entry_is_mended_without_decoding_the_others_again(tmp_path, fake_faces, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS", 10)
    good = fake_faces.images["faces/000002.png"]
    fake_faces.images["faces/000002.png"] = b"?" * len(good)
    fake_faces.pack()
    with pytest.raises(UserError, match="1 of 40 images cannot be read"):
        prepare("tiny-faces", tmp_path)
    fake_faces.images["faces/000002.png"] = good
    fake_faces.pack()
    assert len(prepare("tiny-faces", tmp_path).images) == 40


def test_wrong_count(tmp_path, fake_faces):
    del fake_faces.images["faces/000040.png"]
    fake_faces.pack()
    with pytest.raises(
        UserError, match="the files hold 36 train, 3 test images, expected 36 train, 4 test; fetch them"
    ):
        prepare("tiny-faces", tmp_path)


def test_part_of_a_set_is_taken_when_asked_for_and_never_for_the_whole(tmp_path, fake_faces, monkeypatch):
    entry = data_set("tiny-faces")
    whole = prepare("tiny-faces", tmp_path / "whole").card["identity"]
    monkeypatch.setitem(catalogue(), "tiny-faces", entry.model_copy(update={"recorded_identity": whole}))
    for number in range(21, 41):
        del fake_faces.images[f"faces/{number:06d}.png"]
    fake_faces.pack()
    card = prepare("tiny-faces", tmp_path / "part", partial=True).card
    assert card["share_of_official"] == 0.5
    assert card["deviations"] == ["only a part of the official images, as found"]
    assert card["identity"] != whole
    assert not card["verified"]


def test_attribute_file_shorter_than_the_images(tmp_path, fake_faces):
    del fake_faces.attributes["000012.jpg"], fake_faces.attributes["000030.jpg"]
    fake_faces.pack()
    with pytest.raises(UserError, match=r"list.txt lacks 2 of 40 images, the first 000012; fetch the whole list again"):
        prepare("tiny-faces", tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("40\nSmile Hat\n000001.jpg 1 -1\n", "has 1 lines of attributes but promises 40"),
        ("1\nSmile Hat\n000001.jpg 1\n", "list of attributes: line 3 does not have a name and 2 times 1 or -1; fetch"),
        ("2\nSmile Hat\n000001.jpg 1 1\n000002.jpg yes no\n", "is no list of attributes: line 4 does not have"),
        ("", "is no list of attributes: line 1 is no count"),
        ("many\nSmile Hat\n", "is no list of attributes: line 1 is no count"),
        ("1\nFrown Hat\n000001.jpg 1 1\n", "lacks 39 of 40 images"),
    ],
)
def test_damaged_attribute_file(tmp_path, fake_faces, text, said):
    fake_faces.list.write_text(text)
    with pytest.raises(UserError, match=said):
        prepare("tiny-faces", tmp_path)


def test_archive_of_something_else(tmp_path, fake_faces):
    with zipfile.ZipFile(fake_faces.archive, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(UserError, match=r"faces.zip has no images named like .*; is it the right archive\?"):
        prepare("tiny-faces", tmp_path)


def test_disk_space_is_checked_before(tmp_path, fake_faces, monkeypatch):
    usage = type("Usage", (), {"free": 64 * 2**20 + 1000})
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda path: usage)
    monkeypatch.setattr(preparing, "decode_all", lambda *args: pytest.fail("decoded without a place to put it"))
    said = r"tiny-faces needs 65 MiB of disk, a reserve of 64 included, but 64 MiB are free for .*; make some room$"
    with pytest.raises(UserError, match=said):
        prepare("tiny-faces", tmp_path)
    assert not (tmp_path / "prepared").exists()
    # labels and attributes count: with room for the images alone it is still refused
    usage.free = 64 * 2**20 + 40 * (8 * 8 * 3 + 8 + 2) - 1
    with pytest.raises(UserError, match=said):
        prepare("tiny-faces", tmp_path)
    assert (tmp_path / "raw" / "faces" / "hashes.json").exists()  # a full disk says nothing against the files


def test_full_disk_leaves_the_previous_version_and_says_so(tmp_path, fake_faces, monkeypatch):
    labels = tmp_path / "prepared" / "tiny-faces" / "labels.npy"
    prepare("tiny-faces", tmp_path)
    labels.write_bytes(b"rotten")
    monkeypatch.setattr(staging.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 0}))
    with pytest.raises(UserError, match=r"but 0 MiB are free .*; the previous version is untouched"):
        prepare("tiny-faces", tmp_path)
    assert {path.name for path in labels.parent.iterdir()} == {
        "images.npy",
        "labels.npy",
        "attributes.npy",
        "card.json",
    }
    assert labels.read_bytes() == b"rotten"


def test_full_disk_while_preparing(tmp_path, fake_faces, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(staging.os, "posix_fallocate", full)
    with pytest.raises(UserError, match="No space left on device"):
        prepare("tiny-faces", tmp_path)
    assert not (tmp_path / "prepared" / "tiny-faces" / "card.json").exists()


# -- interrupted, and two at once -------------------------------------------------------------------------------------


def test_finished_chunks_survive_an_interruption(tmp_path, fake_faces, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS", 10)
    decoded = []
    original = decoding.decode_chunk

    def interrupted(chunk, recipe, array):
        if len(decoded) == 2:
            raise KeyboardInterrupt
        decoded.append(chunk.number)
        return original(chunk, recipe, array)

    monkeypatch.setattr(decoding, "decode_chunk", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare("tiny-faces", tmp_path)
    folder = tmp_path / "prepared" / "tiny-faces"
    assert [path.name for path in folder.parent.iterdir()] == [".tiny-faces.work"]
    decoded.append("again")
    found = prepare("tiny-faces", tmp_path)
    assert decoded == [0, 1, "again", 2, 3]
    np.testing.assert_array_equal(
        found.images[:36:9], [plain(fake_faces.images[n]) for n in in_order(fake_faces)[:36:9]]
    )
    assert [path.name for path in folder.parent.iterdir()] == ["tiny-faces"]


def test_chunks_of_another_archive_do_not_count(tmp_path, fake_faces, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS", 10)
    original = decoding.decode_chunk

    def interrupted(chunk, recipe, array):
        if chunk.number == 3:
            raise KeyboardInterrupt
        return original(chunk, recipe, array)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(decoding, "decode_chunk", interrupted)
        prepare("tiny-faces", tmp_path)
    fake_faces.images["faces/000001.png"] = encoded(np.full((16, 12, 3), 77, np.uint8))
    fake_faces.pack()
    (tmp_path / "raw" / "faces" / "hashes.json").unlink()  # the user took another archive on purpose
    assert (prepare("tiny-faces", tmp_path).images[0] == 77).all()


SCRIPT = """
import os, sys, time
from pathlib import Path
import numpy as np
from genrep.data import decoding
from genrep.data.catalogue import DataSet, Layout, Preprocessing, Source, SourceFile, catalogue, sources
from genrep.data.prepare import prepare
decoding.ROWS, decoding.WORTH_A_POOL = 4, 0
layout = Layout(kind="images", archive="faces.zip", pattern=r"faces/(?P<key>\\d+)\\.png")
sources()["faces"] = Source(name="faces", title="", citation="", licence="", redistribution=False, used_by=(),
    access="manual", mirror="faces", layout=layout, files={"faces.zip": SourceFile()})
catalogue()["tiny-faces"] = DataSet(name="tiny-faces", sources=("faces",), shape=(3, 8, 8), classes=1,
    preprocessing=Preprocessing(), counts={"train": 40}, recorded_identity=None)
original, gate = decoding.decode_chunk, Path(sys.argv[2])
def slow(chunk, recipe, array):
    while chunk.number > 3 and not gate.exists():
        time.sleep(0.05)
    return original(chunk, recipe, array)
decoding.decode_chunk = slow
print(prepare("tiny-faces", Path(sys.argv[1]), workers=2, say=lambda line: print(line, flush=True)).card["identity"])
"""


STARTED: list[subprocess.Popen] = []


def start(data, gate):
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", textwrap.dedent(SCRIPT), str(data), str(gate)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    STARTED.append(process)
    return process


@pytest.fixture(autouse=True)
def nothing_is_left_running():
    """What waits at a gate that never opens would outlive a test that fails."""
    yield
    while STARTED:
        STARTED.pop().kill()


def wait_for(condition, seconds=180):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def test_one_process_works_and_the_other_waits(tmp_path, fake_faces):
    gate = tmp_path / "gate"
    first = start(tmp_path, gate)
    wait_for((tmp_path / "prepared" / ".tiny-faces.work" / "progress").exists)
    second = start(tmp_path, tmp_path / "never")  # it would not end, if it worked
    assert second.stdout.readline() == "tiny-faces: another process is preparing it; waiting\n"
    gate.touch()
    said = [process.communicate(timeout=60)[0].splitlines() for process in (first, second)]
    assert second.returncode == first.returncode == 0
    assert said[0][0].startswith("tiny-faces: 40 images in ")
    assert said[0][1:] == said[1]  # the identity


def test_killed_preparation_goes_on_and_leaves_no_worker(tmp_path, fake_faces):
    folder = tmp_path / "prepared" / "tiny-faces"
    process = start(tmp_path, tmp_path / "never")
    progress = folder.with_name(".tiny-faces.work") / "progress"
    wait_for(lambda: progress.exists() and len(progress.read_text().splitlines()) == 5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (folder / "card.json").exists()
    (tmp_path / "gate").touch()
    again = start(tmp_path, tmp_path / "gate")  # also waits for the lock, which orphaned workers would hold
    _, complaint = again.communicate(timeout=60)
    assert again.returncode == 0, complaint
    images = ImageSet.open(folder).images
    squashed = Image.open(io.BytesIO(fake_faces.images["faces/000001.png"])).resize((8, 8), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(images[0], np.asarray(squashed))


def die(chunk, recipe, array):
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_worker_is_told(tmp_path, fake_faces, monkeypatch):
    monkeypatch.setattr(decoding, "ROWS", 5)
    monkeypatch.setattr(decoding, "WORTH_A_POOL", 0)
    monkeypatch.setattr(decoding, "decode_chunk", die)
    with pytest.raises(UserError, match=r"was killed, probably for memory .*it goes on where it stopped"):
        prepare("tiny-faces", tmp_path, workers=2)


# -- single images ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "box"), [(1.0, (0, 20, 178, 198)), (0.6067, (35, 55, 143, 163)), (None, None)])
def test_crop_then_resize(share, box):
    pixels = np.random.default_rng(0).integers(0, 256, (218, 178, 3), dtype=np.uint8)
    image = Image.fromarray(pixels) if box is None else Image.fromarray(pixels).crop(box)
    found, mode = decode(encoded(pixels), Recipe(64, "RGB", share, "bilinear"))
    np.testing.assert_array_equal(found, np.asarray(image.resize((64, 64), Image.Resampling.BILINEAR)))
    assert mode == "RGB"


def test_image_of_the_right_size_is_left_alone():
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    found, _ = decode(encoded(pixels), Recipe(64, "L", None, "lanczos"))
    np.testing.assert_array_equal(found[..., 0], pixels)


@pytest.mark.slow
def test_memory_stays_bounded_from_1024_to_128(tmp_path):
    """Under 2 GiB for all processes together, however many images there are."""
    rng = np.random.default_rng(0)
    images = [encoded(rng.integers(0, 256, (1024, 1024, 3), dtype=np.uint8), "JPEG") for _ in range(4)]
    (tmp_path / "faces").mkdir()
    with zipfile.ZipFile(tmp_path / "faces" / "faces.zip", "w") as archive:
        for number in range(300):
            archive.writestr(f"faces/{number}.png", images[number % 4])
    script = SCRIPT.replace("(3, 8, 8)", "(3, 128, 128)").replace('"train": 40', '"train": 300')
    script = script.replace("= 4, 0", "= 256, 0")
    script += """
import resource
peak = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(peak[0] + 2 * peak[1])
"""
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src"), "GENREP_DATA_MIRROR": str(tmp_path)}
    command = [sys.executable, "-c", script, str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    peak = int(done.stdout.split()[-1])
    print(f"{peak / 2**10:.0f} MiB")
    assert peak < 2 * 2**20  # KiB
