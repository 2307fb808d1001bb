"""Downloads from a server on loopback: whole, cut short, resumed, refused, wrong, a web page; and what is by hand."""

import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from functools import partial

import pytest
import torch
from safetensors.torch import load_file

from genrep.data import fetch as fetching
from genrep.data.catalogue import SourceFile, catalogue, data_set, source, sources
from genrep.data.fetch import NeedsHand, fetch
from genrep.data.raw import MIRROR
from genrep.data.weights import convert
from genrep.errors import UserError
from genrep.metrics.weights import Weights

CONTENT = bytes(range(256)) * 5000  # more than one chunk
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Sends ``content``, from where it is asked to; the first ``cut`` answers break off halfway."""

    def do_GET(self):
        state = self.server.state
        state["asked"].append(self.headers.get("Range"))
        if state["status"] != 200:
            self.send_error(state["status"])
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        body = state["content"][start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Type", state["type"])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if state["cut"] > 0:
            state["cut"] -= 1
            body = body[: len(body) // 2]
        self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(fetching, "PAUSE", 0.01)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as one:
        one.state = {"content": CONTENT, "type": "application/octet-stream", "status": 200, "cut": 0, "asked": []}
        threading.Thread(target=partial(one.serve_forever, 0.01), daemon=True).start()
        yield one
        one.shutdown()


@pytest.fixture
def origin(server, monkeypatch):
    """``char74k-hnd``, which is fetched from a plain link, at the server on loopback."""
    url = f"http://127.0.0.1:{server.server_port}/EnglishHnd.tgz"

    def declare(**known):
        files = {"EnglishHnd.tgz": SourceFile(url=url, **known)}
        monkeypatch.setitem(sources(), "char74k-hnd", source("char74k-hnd").model_copy(update={"files": files}))

    declare(sha256=SHA256)
    entry = data_set("char74k-hnd-64").model_copy(update={"counts": {"train": 2}})
    monkeypatch.setitem(catalogue(), "char74k-hnd-64", entry)
    return declare


def archive(content=b"drawn") -> bytes:
    """Two characters, which is all there are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as packed:
        for label in (1, 2):
            info = tarfile.TarInfo(f"English/Hnd/Img/Sample{label:03d}/img{label:03d}-001.png")
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def files(data):
    return sorted(path.name for path in data.rglob("*") if path.is_file())


def test_file_is_fetched_once_and_verified(tmp_path, server, origin):
    assert fetch("char74k-hnd", tmp_path) == {"EnglishHnd.tgz": "sha256"}
    assert (tmp_path / "raw" / "char74k-hnd" / "EnglishHnd.tgz").read_bytes() == CONTENT
    assert files(tmp_path) == ["EnglishHnd.tgz"]
    fetch("char74k-hnd", tmp_path)
    assert server.state["asked"] == [None]


def test_broken_connection_is_resumed(tmp_path, server, origin):
    server.state["cut"] = 2
    fetch("char74k-hnd", tmp_path)
    assert len(server.state["asked"]) == 3
    assert server.state["asked"][1].startswith("bytes=")
    assert (tmp_path / "raw" / "char74k-hnd" / "EnglishHnd.tgz").read_bytes() == CONTENT


def test_later_call_goes_on_where_an_earlier_one_gave_up(tmp_path, server, origin):
    server.state["cut"] = 99
    with pytest.raises(UserError, match=r"EnglishHnd.tgz cannot be reached .*try again, .*\.part goes on there"):
        fetch("char74k-hnd", tmp_path)
    assert files(tmp_path) == [".EnglishHnd.tgz.part"]
    have = (tmp_path / "raw" / "char74k-hnd" / ".EnglishHnd.tgz.part").stat().st_size
    server.state.update(cut=0, asked=[])
    fetch("char74k-hnd", tmp_path)
    assert server.state["asked"] == [f"bytes={have}-"]


def test_no_connection(tmp_path, server, origin):
    server.shutdown()
    server.server_close()
    with pytest.raises(UserError, match="cannot be reached") as caught:
        fetch("char74k-hnd", tmp_path)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []  # nor an empty folder


@pytest.mark.parametrize("status", [403, 404])
def test_dead_link(tmp_path, server, origin, status):
    server.state["status"] = status
    with pytest.raises(UserError, match=f"{status} .*is the link still valid"):
        fetch("char74k-hnd", tmp_path)
    assert len(server.state["asked"]) == 1


def test_wrong_hash(tmp_path, server, origin):
    server.state["content"] = b"something else"
    with pytest.raises(UserError, match="gave another file than expected") as caught:
        fetch("char74k-hnd", tmp_path)
    assert "\n" not in str(caught.value)
    assert files(tmp_path) == []


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "application/zip"])
def test_web_page_in_place_of_an_archive(tmp_path, server, origin, kind):
    origin()  # no hash is known
    server.state.update(content=b"<!DOCTYPE html><title>Quota exceeded</title>", type=kind)
    with pytest.raises(UserError, match="web page"):
        fetch("char74k-hnd", tmp_path)
    assert not (tmp_path / "raw" / "char74k-hnd" / "hashes.json").exists()


def test_unpublished_hash_is_recorded_and_compared_from_then_on(tmp_path, server, origin):
    origin()
    content = archive()
    server.state["content"] = content
    assert fetch("char74k-hnd", tmp_path)["EnglishHnd.tgz"].startswith("2 images, nothing published; sha256 recorded")
    sha256 = hashlib.sha256(content).hexdigest()
    assert sha256 in (tmp_path / "raw" / "char74k-hnd" / "hashes.json").read_text()
    assert "as recorded in" in fetch("char74k-hnd", tmp_path)["EnglishHnd.tgz"]
    (tmp_path / "raw" / "char74k-hnd" / "EnglishHnd.tgz").write_bytes(archive(b"changed"))
    with pytest.raises(UserError, match=f"but at first it was {sha256}; delete it and run: genrep data fetch"):
        fetch("char74k-hnd", tmp_path)


@pytest.mark.parametrize("name", ["celeba-hq", "imagenet64", "lhq"])
def test_by_hand_says_the_steps_and_the_folder_to_verify(tmp_path, name):
    with pytest.raises(NeedsHand, match=f"then run: genrep data verify {name}") as caught:
        fetch(name, tmp_path)
    folder = tmp_path / "raw" / name
    assert str(folder) in caught.value.instructions
    assert folder.is_dir()
    assert "\n" not in str(caught.value)


def test_by_hand_is_content_once_all_images_are_there(tmp_path, monkeypatch):
    monkeypatch.setitem(catalogue(), "lhq-128", data_set("lhq-128").model_copy(update={"counts": {"train": 2}}))
    folder = tmp_path / "raw" / "lhq"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "lhq_256.zip", "w") as stream:
        stream.writestr("lhq_256/0000000.png", b"")
    with pytest.raises(
        UserError, match=r"lhq_256.zip: 1 images named like .*, expected 2; complete it, or accept a part"
    ):
        fetch("lhq", tmp_path)
    assert files(tmp_path) == ["lhq_256.zip"]  # no hash is recorded of half a set
    with zipfile.ZipFile(folder / "lhq_256.zip", "a") as stream:
        stream.writestr("lhq_256/0000001.png", b"")
    assert fetch("lhq", tmp_path)["lhq_256.zip"].startswith("2 images, nothing published; sha256 recorded in")


def test_nothing_is_downloaded_beside_a_mirror(tmp_path, server, origin, monkeypatch):
    monkeypatch.setenv(MIRROR, str(tmp_path))
    with pytest.raises(
        UserError, match=f"the mirror .* lacks char74k/EnglishHnd.tgz; copy that there, or unset {MIRROR}"
    ):
        fetch("char74k-hnd", tmp_path)
    assert server.state["asked"] == []
    with pytest.raises(UserError, match=r"neither in .*raw/celeba-hq nor in .*/celeba-hq yet"):
        fetch("celeba-hq", tmp_path)


def test_celeba_falls_back_on_instructions(tmp_path, monkeypatch):
    from torchvision.datasets import CelebA

    def quota(self):
        raise RuntimeError("The daily quota of the file is exceeded")

    monkeypatch.setattr(CelebA, "download", quota)
    with pytest.raises(NeedsHand, match=r"celeba: download failed .The daily quota .*img_align_celeba.zip") as caught:
        fetch("celeba", tmp_path)
    assert "list_eval_partition.txt" in caught.value.instructions


def test_google_drive_that_refuses_is_one_line(tmp_path, monkeypatch):
    from gdown.exceptions import FileURLRetrievalError
    from torchvision.datasets import CelebA

    def refuse(self):
        raise FileURLRetrievalError("Failed to retrieve file url:\n\n\tToo many users\n")

    monkeypatch.setattr(CelebA, "download", refuse)
    with pytest.raises(NeedsHand, match=r"download failed .Failed to retrieve file url: Too many users.;"):
        fetch("celeba", tmp_path)


def test_cause_of_a_failed_download_follows_its_heading(tmp_path, monkeypatch):
    from torchvision.datasets import MNIST

    def offline(self):
        raise RuntimeError("Error downloading train:\nTried https://one.org/, got:\n<urlopen error no route>\n")

    monkeypatch.setattr(MNIST, "download", offline)
    with pytest.raises(
        UserError, match=r"Error downloading train: Tried https://one.org/, got: <urlopen error no route>"
    ):
        fetch("mnist", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_mirror_only_source(tmp_path):
    with pytest.raises(UserError, match=f"celeba-10k comes only from a mirror: set {MIRROR}"):
        fetch("celeba-10k", tmp_path)


# -- weights ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def network():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))


@pytest.mark.parametrize("name", ["inception", "inception-torchscript"])
def test_weights_are_converted_to_safetensors(tmp_path, network, monkeypatch, name):
    (file,) = source(name).files
    path = source(name).raw(tmp_path) / file
    path.parent.mkdir(parents=True)
    if path.suffix == ".pt":
        torch.jit.script(network).save(path)
    else:
        torch.save(network.state_dict(), path)
    known = {file: SourceFile(sha256=hashlib.sha256(path.read_bytes()).hexdigest())}
    monkeypatch.setitem(sources(), name, source(name).model_copy(update={"files": known}))
    target = convert(name, tmp_path)
    # as metrics load them: after comparing both hashes
    assert Weights(target, source_sha256=known[file].sha256).load().keys() == network.state_dict().keys()
    found = load_file(target)
    assert found.keys() == network.state_dict().keys()
    assert all(torch.equal(found[key], value) for key, value in network.state_dict().items())


def test_weights_that_are_none(tmp_path, monkeypatch):
    (file,) = source("inception").files
    path = source("inception").raw(tmp_path) / file
    path.parent.mkdir(parents=True)
    path.write_bytes(b"rubbish")
    monkeypatch.setitem(sources(), "inception", source("inception").model_copy(update={"files": {file: SourceFile()}}))
    with pytest.raises(UserError, match="holds no weights that torch can read"):
        convert("inception", tmp_path)
    assert not (tmp_path / "weights").exists()
