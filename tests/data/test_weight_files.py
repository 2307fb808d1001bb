import pytest

from genrep.data.weight_files import missing_weights, published_sha256, weights_path
from genrep.errors import UserError


def test_the_published_hash_is_the_one_in_the_name_of_the_file():
    assert published_sha256("inception").startswith("6726825d")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("inceptoin", "did you mean 'inception'"),
        ("mnist", "mnist is no source of weights; the catalogue has inception, inception-torchscript"),
        ("inception-torchscript", "nobody has published the hash"),
    ],
)
def test_other_names_are_refused_in_one_line(name, message):
    with pytest.raises(UserError, match=message) as caught:
        published_sha256(name)
    assert "\n" not in str(caught.value)


def test_missing_weights_are_named_with_the_command(tmp_path):
    path = weights_path("inception", tmp_path)
    assert missing_weights("inception", tmp_path) == f"{path} does not exist; run: genrep data fetch inception"
    path.parent.mkdir()
    path.touch()
    assert missing_weights("inception", tmp_path) == ""
