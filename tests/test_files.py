"""Files are whole or absent, whatever happens while they are written."""

import errno
import hashlib
import json

import numpy as np
import pytest

from genrep.errors import UserError
from genrep.files import (
    atomic_path,
    read_json,
    sha256_file,
    sha256_json,
    write_atomically,
    write_json,
    write_text,
)


@pytest.fixture
def path(tmp_path):
    """A file that is there before it is written again."""
    path = tmp_path / "results.json"
    path.write_text("before")
    return path


def assert_untouched(path) -> None:
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("trouble", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_trouble_while_writing_keeps_the_previous_file(path, trouble):
    with pytest.raises(trouble), atomic_path(path) as temporary:
        temporary.write_text("half")
        raise trouble
    assert_untouched(path)


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_disk_that_refuses_is_told_in_one_line(path, code):
    def refused(temporary):
        temporary.write_text("half")
        raise OSError(code, "said by the system")

    with pytest.raises(UserError, match=r"cannot write .*results\.json: said by the system; free some space") as caught:
        write_atomically(path, refused)
    assert "\n" not in str(caught.value)
    assert_untouched(path)


def test_disk_that_refuses_the_new_name_is_told(path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.replace", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "full")))
    with pytest.raises(UserError, match="full"):
        write_text(path, "after")
    assert_untouched(path)


def test_previous_file_stands_until_the_block_ends(path):
    with atomic_path(path) as temporary:
        temporary.write_text("after")
        assert path.read_text() == "before"
    assert path.read_text() == "after"
    assert list(path.parent.iterdir()) == [path]


def test_folders_are_made(tmp_path):
    write_text(tmp_path / "a" / "b" / "c.txt", "é")
    assert (tmp_path / "a" / "b" / "c.txt").read_bytes() == "é".encode()


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_writers_that_look_at_the_suffix_are_content(tmp_path, suffix):
    path = tmp_path / f"array{suffix}"
    write_atomically(path, lambda to: (np.save if suffix == ".npy" else np.savez)(to, np.arange(3)))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("value", [float("nan"), [1, float("inf")], {"a": {1, 2}}])
def test_what_is_not_json_is_refused_and_nothing_written(path, value):
    with pytest.raises((ValueError, TypeError)):
        write_json(path, value)
    assert_untouched(path)


def test_json_comes_back(path):
    value = {"b": [1, 2.5, None, True], "a": {"é": "ü"}}
    write_json(path, value)
    assert read_json(path) == value
    assert path.read_text().endswith("}\n")


def test_absent_or_damaged_json_says_what_to_do(path):
    with pytest.raises(UserError, match=r"absent\.json does not exist; run the step that writes it"):
        read_json(path.with_name("absent.json"))
    with pytest.raises(UserError, match=r"results\.json is not valid JSON .*; delete it and make it again"):
        read_json(path)


def test_sha256_of_a_file_is_the_published_one(path):
    path.write_bytes(b"abc")  # FIPS 180-2, appendix B.1
    assert sha256_file(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_sha256_of_json_is_of_its_canonical_form():
    assert sha256_json({"b": [1, 2], "a": None}) == hashlib.sha256(b'{"a":null,"b":[1,2]}').hexdigest()
    assert sha256_json({"a": 1, "b": 2}) == sha256_json({"b": 2, "a": 1})
    assert sha256_json([1, 2]) != sha256_json([2, 1])
    assert sha256_json({"lr": 1e-3}) == sha256_json(json.loads('{"lr": 0.001}'))
    with pytest.raises(ValueError, match="JSON"):
        sha256_json(float("nan"))
