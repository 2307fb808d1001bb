"""Prepared data in a DVC remote: pushed, wiped, pulled back, the same; a local folder, and S3 on the loopback."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from genrep.data.arrays import ImageSet, identity
from genrep.data.catalogue import source
from genrep.data.prepare import MIRROR, prepare
from tests.conftest import ROOT
from tests.workflow.test_dvc import COPIED, DVCWorkspace

SET = Path("data/prepared/mnist-reduced")
KEYS = {"AWS_ACCESS_KEY_ID": "of-nobody", "AWS_SECRET_ACCESS_KEY": "of-nobody", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def repository(tmp_path: Path, digits: ImageSet) -> DVCWorkspace:
    """A git repository with DVC and one prepared set, not tracked yet."""
    folder = tmp_path / "repository"
    for name in COPIED:
        if name != "dvc.yaml":
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    repository = DVCWorkspace(folder, tmp_path / "cache")
    repository.run("git", "init", "--quiet")
    digits.save(folder / SET)
    return repository


@pytest.fixture
def mirror() -> Path:
    """A mirror directory with the official files, where there is one."""
    found = Path(os.environ.get(MIRROR, ""))
    if not (found / "fashion-mnist").is_dir():
        pytest.skip(f"{MIRROR} names no mirror of it")
    return found


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The endpoint of an S3 server that has a bucket named ``data``."""
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="data")
    yield endpoint
    server.stop()


def round_trip(repository: DVCWorkspace, digits: ImageSet) -> None:
    """Track and push the set, lose it and the cache, and pull it into a fresh clone."""
    repository.dvc("add", str(SET))
    repository.commit()
    assert "up to date" in repository.dvc("status")
    repository.dvc("push")
    shutil.rmtree(repository.folder / ".dvc/cache")
    shutil.rmtree(repository.folder / SET)
    assert "not in cache" in repository.dvc("status", f"{SET}.dvc")
    clone = DVCWorkspace(repository.folder.parent / "clone", repository.cache)
    repository.run("git", "clone", "--quiet", str(repository.folder), str(clone.folder))
    clone.dvc("pull")
    pulled = ImageSet.open(clone.folder / SET)
    assert identity(pulled.images, pulled.labels) == digits.card["identity"]
    assert pulled.card == digits.card
    assert "up to date" in clone.dvc("status")


def test_a_folder_as_remote(repository: DVCWorkspace, digits: ImageSet, tmp_path: Path) -> None:
    repository.dvc("remote", "add", "--default", "shelf", str(tmp_path / "shelf"))
    round_trip(repository, digits)


def test_s3_as_remote(repository: DVCWorkspace, digits: ImageSet, bucket: str) -> None:
    repository.dvc("remote", "add", "--default", "shelf", "s3://data/genrep")
    repository.dvc("remote", "modify", "shelf", "endpointurl", bucket)
    round_trip(repository, digits)
    files = boto3.client("s3", endpoint_url=bucket).list_objects_v2(Bucket="data")["Contents"]
    stored = sum(file["Size"] for file in files)
    here = sum(path.stat().st_size for path in (repository.folder.parent / "clone" / SET).iterdir())
    assert stored >= here  # the files and the listing of the folder


def test_status_tells_that_the_set_was_changed(repository: DVCWorkspace) -> None:
    repository.dvc("add", str(SET))
    labels = repository.folder / SET / "labels.npy"
    labels.write_bytes(labels.read_bytes()[:-1] + os.urandom(1))
    assert "modified" in repository.dvc("status", f"{SET}.dvc")


def test_tracked_sets_stay_out_of_git_and_their_hashes_in(repository: DVCWorkspace) -> None:
    repository.dvc("add", str(SET))
    repository.commit()
    tracked = repository.run("git", "ls-files").splitlines()
    assert f"{SET}.dvc" in tracked
    assert not [name for name in tracked if name.endswith(".npy")]


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_committed_files_of_a_source_name_the_published_hashes(name: str) -> None:
    outs = yaml.safe_load((ROOT / f"data/raw/{name}.dvc").read_text())["outs"]
    origin = source(name)
    expected = [(f"{origin.folder}/{file}", facts.md5, facts.bytes) for file, facts in origin.files.items()]
    assert [(out["path"], out["md5"], out["size"]) for out in outs] == expected


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_a_prepared_set_is_what_its_committed_file_says(
    repository: DVCWorkspace, name: str, mirror: Path, tmp_path: Path
) -> None:
    prepare(name, repository.folder / "data")
    tracked = f"data/prepared/{name}.dvc"
    shutil.copy(ROOT / tracked, repository.folder / "data/prepared")
    assert "modified" not in repository.dvc("status", tracked)
    # as docs/data.md has it: what a committed file tracks is pushed once it is in the cache
    repository.dvc("remote", "add", "--default", "shelf", str(tmp_path / "shelf"))
    repository.dvc("commit", tracked)
    assert (repository.folder / tracked).read_text() == (ROOT / tracked).read_text()
    repository.dvc("push", tracked)
    shutil.rmtree(repository.folder / ".dvc/cache")
    shutil.rmtree(repository.folder / "data/prepared" / name)
    repository.dvc("pull", tracked)
    assert ImageSet.open(repository.folder / "data/prepared" / name).card["verified"]
    repository.dvc("commit", f"data/prepared/{name}.dvc")
    assert "up to date" in repository.dvc("status", f"data/prepared/{name}.dvc")
