"""Trouble of runs in verdicts: noted where a model's own run had it, and silent elsewhere."""

import pandas as pd

from genrep.report import cells, claims
from genrep.report.claims import Claim
from genrep.report.flags import flags
from genrep.report.verdicts import Verdict

ALIKE = "samples are nearly all alike (mode collapse), with 0.01 of the variance of real images"
NOTE = f"gan-adam seed 0, after epoch 1, 2: {ALIKE}"


def collapsed(maker):
    noted = [{"epoch": epoch, "flag": ALIKE} for epoch in (1, 2)]
    maker.run("gan-adam", 0, {"fid": [9.0, 5.0], "legible_share": [0.1, 0.2]}, flags=noted)
    maker.run("gan-sgd", 0, {"fid": [9.0, 7.0]}, flags=[{"epoch": 2, "flag": "another run of the model"}])
    maker.run("vae-adam", 0, {"fid": [9.0, 5.0], "legible_share": [0.1, 0.9]})
    return maker.open()


def test_only_the_run_that_stands_for_a_model_is_noted(maker):
    measurements = collapsed(maker)
    assert flags(measurements, ["gan", "vae"]) == [NOTE]
    assert flags(measurements, ["vae", "diffusion"]) == []


def test_a_seed_that_diverged_is_noted(maker):
    maker.run("gan-adam", 0, {"fid": [9.0, 5.0]})
    maker.run("gan-adam", 1, {"fid": [9.0]}, status="diverged: loss became nan in epoch 2")
    assert flags(maker.open(), ["gan"]) == ["gan-adam seed 1 diverged: loss became nan in epoch 2"]


def test_a_claim_says_so_in_its_reason(maker):
    part = {"kind": "order", "models": ("gan@1", "vae"), "metrics": ("legible_share",)}
    claim = Claim.model_validate({"id": "X", "place": "p", "finding": "f", "parts": [part]})
    found = claims.judge(claim, collapsed(maker), "full")
    assert found.verdict == Verdict.REPLICATED
    assert found.reason == f"{NOTE}; n_seeds<3"
    assert claims.judge(claim, collapsed(maker), "smoke").reason.endswith(NOTE)


def test_a_cell_says_so_in_its_reason(maker):
    row = {"value": 5.0, "protocol": "fid:gan", "tolerance": "abs 1"}
    cell = next(pd.DataFrame([row]).itertuples())
    found, _ = cells.judge(cell, collapsed(maker), "full")
    assert (found.verdict, found.reason) == (Verdict.REPLICATED, NOTE)
    assert cells.judge(cell, collapsed(maker), "desk")[0].reason.endswith(NOTE)


def test_a_model_whose_runs_all_diverged_is_not_run_and_says_why(maker):
    maker.params = maker.params.model_copy(update={"runs": {"gan-adam": maker.params.runs["gan-adam"]}})
    for seed in maker.params.runs["gan-adam"].seeds:
        maker.run("gan-adam", seed, {"fid": [9.0]}, status="diverged: loss became nan")
    row = {"value": 5.0, "protocol": "fid:gan", "tolerance": "abs 1"}
    found, _ = cells.judge(next(pd.DataFrame([row]).itertuples()), maker.open(), "full")
    assert found.verdict == Verdict.NOT_RUN
    assert found.reason.startswith("gan-adam diverged: loss became nan")
