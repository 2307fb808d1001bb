"""What is known of a studied run's images before anything is trained."""

import pytest

from genrep.errors import UserError
from genrep.files import write_json
from genrep.params import load, resolve
from genrep.study_checks import check_studies
from tests.conftest import ROOT


def with_attribute(attribute, replication="thesis", **others):
    params = load(ROOT / "params.yaml")
    params[replication]["full"]["studies"] = {
        "runs": ["vae"] if replication == "thesis" else ["vae-adam"],
        "images": 2,
        "seed": 0,
        "concept": {"attribute": attribute, "examples": 2},
        **others,
    }
    return resolve(params, replication, "full")


def test_classes_that_a_set_lacks_are_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"studies\.concept\.attribute: mnist has no class 10; it has 0 to 9"):
        check_studies(with_attribute(10, "mnist_timing"))
    check_studies(with_attribute(9, "mnist_timing"))
    with pytest.raises(UserError, match=r"studies\.label: mnist has no class 11"):
        check_studies(with_attribute(9, "mnist_timing", label=11))


def test_names_are_known_once_a_set_is_prepared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    check_studies(with_attribute("Blond_Hari"))  # nobody knows before
    card = {"counts": {}, "identity": "i", "share_of_official": 1, "attributes": ["Bald", "Blond_Hair"]}
    write_json(tmp_path / "data" / "prepared" / "celeba-hq-128" / "card.json", card)
    with pytest.raises(UserError, match="no attribute 'Blond_Hari'; it has Bald, Blond_Hair - did you mean 'Blond_H"):
        check_studies(with_attribute("Blond_Hari"))
    check_studies(with_attribute("Blond_Hair"))
    write_json(tmp_path / "data" / "prepared" / "mnist" / "card.json", card | {"attributes": []})
    with pytest.raises(UserError, match="mnist has no attribute 'Blond_Hair'; it has none"):
        check_studies(with_attribute("Blond_Hair", "mnist_timing"))
