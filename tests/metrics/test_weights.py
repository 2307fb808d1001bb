import pytest
import torch
from safetensors.torch import save_file

from genrep.errors import UserError
from genrep.files import sha256_file, write_json
from genrep.metrics.weights import Weights, published_weights

SOURCE = "ab" * 32


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "inception.safetensors"
    save_file({"w": torch.arange(3.0)}, file)
    return file


def carded(path, **changes) -> Weights:
    write_json(path.with_suffix(".json"), {"sha256": sha256_file(path), "source_sha256": SOURCE} | changes)
    return Weights(path, source_sha256=SOURCE)


def listed(path):
    write_json(path.with_suffix(".json"), [SOURCE])
    return Weights(path, source_sha256=SOURCE)


def test_verified_weights_load(path):
    direct = Weights(path, sha256=sha256_file(path))
    assert direct.load()["w"].tolist() == carded(path).load()["w"].tolist() == [0, 1, 2]
    assert direct.identity == sha256_file(path)
    assert carded(path).identity == SOURCE


def test_weights_of_the_catalogue_are_named_by_the_published_hash(tmp_path):
    weights = published_weights("inception", tmp_path)
    assert weights.identity.startswith("6726825d")  # as the name of the published file does
    with pytest.raises(UserError, match=r"weights/inception\.safetensors does not exist; run: genrep data fetch"):
        weights.load()


FETCH = "run: genrep data fetch inception"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            lambda path: Weights(path.parent / "gone/inception.safetensors", sha256=SOURCE),
            "gone/inception.safetensors does not exist; ",
        ),
        (lambda path: Weights(path, sha256=SOURCE), r"has sha256 \w{12}..., expected abababababab...; delete it and "),
        (lambda path: Weights(path, source_sha256=SOURCE), "inception.json does not exist, so .* cannot be verified; "),
        (lambda path: carded(path, sha256=SOURCE), "expected abababababab...; delete it and "),
        (
            lambda path: listed(path),
            "inception.json names no sha256, so inception.safetensors cannot be verified; delete",
        ),
        (
            lambda path: carded(path, source_sha256="cd" * 32),
            "made from a file of sha256 cdcdcdcdcdcd..., expected abab",
        ),
    ],
)
def test_anything_else_is_refused_with_the_command_that_mends_it(path, spoil, message):
    with pytest.raises(UserError, match=message) as caught:
        spoil(path).load()
    assert FETCH in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_another_kind_is_named(path):
    path.write_bytes(b"not weights")
    with pytest.raises(UserError, match="no safetensors file"):
        Weights(path, sha256=sha256_file(path)).load()
