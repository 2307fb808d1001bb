"""Trouble of runs in verdicts: noted where a model's own run had it, and silent elsewhere."""

import pandas as pd
import pytest

from genrep.report import cells, claims
from genrep.report.claims import Claim
from genrep.report.flags import ALL, flags, of_cell, of_parts
from genrep.report.verdicts import Verdict

ALIKE = "samples are nearly all alike (mode collapse), with 0.01 of the variance of real images"
NOTE = f"gan-adam seed 0, after epoch 1, 2: {ALIKE}"
FIRST, LAST = (f"gan-adam seed 0, after epoch {epoch}: {ALIKE}" for epoch in (1, 2))


def collapsed(maker):
    noted = [{"epoch": epoch, "flag": ALIKE} for epoch in (1, 2)]
    maker.run("gan-adam", 0, {"fid": [9.0, 5.0], "legible_share": [0.1, 0.2]}, flags=noted)
    maker.run("gan-sgd", 0, {"fid": [9.0, 7.0]}, flags=[{"epoch": 2, "flag": "another run of the model"}])
    maker.run("vae-adam", 0, {"fid": [9.0, 5.0], "legible_share": [0.1, 0.9]})
    return maker.open()


def test_only_the_run_that_stands_for_a_model_is_noted(maker):
    measurements = collapsed(maker)
    assert flags(measurements, {"gan": {ALL}, "vae": {ALL}}) == [NOTE]
    assert flags(measurements, {"vae": {ALL}, "diffusion": {ALL}}) == []


@pytest.mark.parametrize(
    ("part", "noted"),
    [
        ({"kind": "order", "models": ("gan@1", "real"), "metrics": ("legible_share",)}, [FIRST]),
        ({"kind": "order", "models": ("gan@1", "gan"), "metrics": ("fid",)}, [NOTE]),
        ({"kind": "rises", "model": "gan", "metrics": ("legible_share",)}, [NOTE]),
        ({"kind": "together", "model": "gan", "metrics": ("elbo/test", "reconstruction_error/test")}, []),
        ({"kind": "together", "model": "gan", "metrics": ("losses/generator", "fid")}, [NOTE]),
        ({"kind": "loss_stays", "model": "gan", "loss": "generator"}, []),
    ],
)
def test_a_part_is_told_of_the_samples_that_it_rests_on(maker, part, noted):
    claim = Claim.model_validate({"id": "X", "place": "p", "finding": "f", "parts": [part]})
    assert of_parts(collapsed(maker), claim.parts) == noted


def test_a_cell_of_images_rests_on_no_samples(maker):
    assert of_cell(collapsed(maker), "fid@1:gan") == [FIRST]
    assert of_cell(collapsed(maker), "-elbo/train@1:gan") == []


def test_several_epochs_show_the_first_value_and_the_last(maker):
    noted = [{"epoch": epoch, "flag": ALIKE} for epoch in (1, 2)]
    maker.run("gan-adam", 0, {"fid": [9.0, 5.0, 3.0], "diversity": [0.01, 0.06, 0.5]}, flags=noted)
    assert flags(maker.open(), {"gan": {ALL}}) == [f"{NOTE} after epoch 1 and 0.06 after epoch 2"]
    assert flags(maker.open(), {"gan": {None}}) == []  # it recovered


def test_a_seed_that_diverged_is_noted(maker):
    maker.run("gan-adam", 0, {"fid": [9.0, 5.0]})
    maker.run("gan-adam", 1, {"fid": [9.0]}, status="diverged: loss became nan in epoch 2")
    assert flags(maker.open(), {"gan": set()}) == ["gan-adam seed 1 diverged: loss became nan in epoch 2"]


def test_a_claim_says_so_in_its_reason(maker):
    part = {"kind": "order", "models": ("gan@1", "vae"), "metrics": ("legible_share",)}
    claim = Claim.model_validate({"id": "X", "place": "p", "finding": "f", "parts": [part]})
    found = claims.judge(claim, collapsed(maker), "full")
    assert found.verdict == Verdict.REPLICATED
    assert found.reason == f"{FIRST}; n_seeds<3"  # of the epoch that it is about
    assert claims.judge(claim, collapsed(maker), "smoke").reason.endswith(FIRST)


def test_a_cell_says_so_in_its_reason(maker):
    row = {"value": 5.0, "protocol": "fid:gan", "tolerance": "abs 1"}
    cell = next(pd.DataFrame([row]).itertuples())
    found, _ = cells.judge(cell, collapsed(maker), "full")
    assert (found.verdict, found.reason) == (Verdict.REPLICATED, LAST)
    assert cells.judge(cell, collapsed(maker), "desk")[0].reason.endswith(LAST)


def test_a_model_whose_runs_all_diverged_is_not_run_and_says_why(maker):
    maker.params = maker.params.model_copy(update={"runs": {"gan-adam": maker.params.runs["gan-adam"]}})
    for seed in maker.params.runs["gan-adam"].seeds:
        maker.run("gan-adam", seed, {"fid": [9.0]}, status="diverged: loss became nan")
    row = {"value": 5.0, "protocol": "fid:gan", "tolerance": "abs 1"}
    found, _ = cells.judge(next(pd.DataFrame([row]).itertuples()), maker.open(), "full")
    assert found.verdict == Verdict.NOT_RUN
    assert found.reason.startswith("gan-adam diverged: loss became nan")
