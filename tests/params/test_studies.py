"""Parameters of the studies: what is asked for, what identifies a study, and mistakes."""

import re

import pytest
import yaml

from genrep.errors import UserError
from genrep.params import load, resolve
from genrep.params.studies import STUDIES, StudiesParams
from tests.conftest import ROOT

FEW = {"runs": ["vae-adam"], "images": 2, "seed": 0, "forward": {"moments": 3}, "effort": {}}


def test_documented_block_names_every_study():
    text = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^    studies:\n(?:     +.*\n)+", text, re.M)
    params = StudiesParams.model_validate(yaml.safe_load(block)["studies"])
    assert params.asked == STUDIES


def test_only_what_is_named_is_done_and_identified_by_itself():
    params = StudiesParams.model_validate(FEW)
    assert params.asked == ("forward", "effort")
    assert params.study("forward") == {"images": 2, "seed": 0, "forward": {"moments": 3}}
    more = StudiesParams.model_validate(FEW | {"opposite": {"frames": 3}, "runs": ["gan-adam"]})
    assert more.study("forward") == params.study("forward")
    assert StudiesParams.model_validate(FEW | {"images": 3}).study("forward") != params.study("forward")


def test_a_scale_may_leave_a_study_out():
    params = load(ROOT / "params.yaml")
    params["mnist_timing"]["full"]["studies"] = FEW
    params["mnist_timing"]["smoke"]["studies"] = {"forward": None, "images": 4}
    smoke = resolve(params, "mnist_timing", "smoke").studies
    assert smoke is not None
    assert (smoke.asked, smoke.images) == (("effort",), 4)
    assert resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke").studies is None  # off unless asked for


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"recovery": {}}, "search: recovery searches latents; say with which starts, steps and lr"),
        ({"forward": None, "effort": None}, "no study is named; there are improved_sampling, forward"),
        ({"opposite": {"frames": 4}}, "4 frames have none in the middle; give an odd number"),
        ({"runs": ["classifier"]}, r"studies\.runs: 'classifier' is not one of diffusion-adagrad"),
        ({"runs": ["vae-adma"]}, r"'vae-adma' is not one of .* did you mean 'vae-adam'\?"),
        ({"features": "inception"}, r"studies\.features: inception has no protocol; give evaluation\.inception"),
        ({"noise_denoise": {"depths": [0]}}, "greater than 0"),
        (
            {"runs": ["diffusion-adam"], "noise_denoise": {"depths": [10, 1001]}},
            r"studies\.noise_denoise\.depths: 1001 steps of noise; diffusion-adam is trained with 400",
        ),
        (
            {"neighbours": {"samples": [9], "samples_of": {"difusion": [5]}}},
            r"studies\.neighbours\.samples_of: 'difusion' is not one of .* did you mean 'diffusion'\?",
        ),
        (
            {"concept": {"attribute": 1, "examples": 9, "amount_of": {"gann": 3}}},
            r"studies\.concept\.amount_of: 'gann' is not one of .* did you mean 'gan'\?",
        ),
        ({"forwards": {}}, r"forwards: unknown parameter - did you mean 'forward'\?"),
    ],
)
def test_mistakes_are_named(change, message):
    params = load(ROOT / "params.yaml")
    params["mnist_timing"]["full"]["studies"] = FEW | change
    with pytest.raises(UserError, match=message):
        resolve(params, "mnist_timing", "full")
