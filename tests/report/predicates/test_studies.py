"""Claims over studies, with every verdict provoked."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from genrep.files import write_json
from genrep.report.claims import Claim, judge, read_claims
from genrep.report.predicates.studies import StudyBest, StudyOrder, StudyPart, StudyRises, StudyWithin
from genrep.report.study_metrics import study_of
from genrep.report.verdicts import Verdict
from genrep.studies.found import over, single
from tests.report.conftest import ROOT
from tests.report.predicates import NO, OPEN, YES
from tests.report.test_studies import Maker

NOISE = np.array([-0.1, 0.0, 0.1, 0.05, -0.05])


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.chdir(tmp_path)
    return Maker(Path())


def part(text: str) -> StudyPart:
    """A part of a claim as claims.yaml writes it."""
    return Claim.model_validate({"id": "T", "place": "p", "finding": "f", "parts": [yaml.safe_load(text)]}).parts[0]


ORDER = "{kind: study_order, ascending: [[vae, recovery_mae], [vae, encode_decode_mae], [gan, recovery_mae]]}"


@pytest.mark.parametrize(
    ("errors", "verdict"),
    [
        ((1.0, 1.2, 3.0), YES),
        ((1.0, 0.8, 3.0), NO),
        ((1.0, 1.2, 1.1), NO),
    ],
)
def test_order_is_judged_image_by_image(maker, errors, verdict):
    """Images differ by far more than models do."""
    level = 10 * np.arange(5.0)
    first, second, third = errors
    metrics = [over("recovery_mae", level + first), over("encode_decode_mae", level + second + 0.1 * NOISE)]
    maker.study("vae-adam", metrics)
    maker.study("gan-adam", [over("recovery_mae", level + third - 0.1 * NOISE)])
    found = part(ORDER).judge(maker.open())
    assert found.verdict == verdict
    assert "vae recovery_mae 2" in found.observed
    assert part(ORDER).models == ("vae", "gan")


def test_order_within_its_interval_is_open_and_without_numbers_not_run(maker):
    maker.study("vae-adam", [over("recovery_mae", 1 + NOISE), over("encode_decode_mae", 1.001 + NOISE[::-1])])
    found = part(ORDER).judge(maker.open())
    assert found.verdict == Verdict.NOT_RUN
    assert found.reason == "gan-adam: not studied"
    maker.study("gan-adam", [over("recovery_mae", 3 + NOISE)])
    found = part(ORDER).judge(maker.open())
    assert found.verdict == OPEN
    assert found.reason == "vae and vae: the difference is within its interval"
    maker.study("gan-adam", [], not_possible={"recovery": "the training of gan-adam diverged"})
    assert part(ORDER).judge(maker.open()).reason.endswith("the training of gan-adam diverged")


@pytest.mark.parametrize(
    ("bounds", "verdict"),
    [
        ("below: 0.06", YES),
        ("below: 0.04", OPEN),
        ("below: 0.02", NO),
        ("above: 0.01, below: 0.1", YES),
        ("above: 0.2", NO),
    ],
)
def test_a_number_between_bounds(maker, bounds, verdict):
    maker.study("gan-adam", [single("bad_share", 0.04, bounds=(0.03, 0.05), n=100)])
    found = part(f"{{kind: study_within, term: [gan, bad_share], {bounds}}}").judge(maker.open())
    assert found.verdict == verdict
    assert "gan bad_share 0.04 [0.03, 0.05], wanted" in found.observed
    assert bool(found.reason) == (verdict == OPEN)


def test_a_ratio_between_bounds(maker):
    maker.study("vae-adam", [single("remoteness", 2.0, bounds=(1.9, 2.1), n=5)])
    maker.study("gan-adam", [single("remoteness", 1.0, bounds=(0.95, 1.05), n=5), single("remoteness", 9.0, n=50)])
    text = "{kind: study_within, term: [vae, remoteness], over: [gan, remoteness], above: 1.5}"
    found = part(text).judge(maker.open())
    assert found.verdict == YES  # at the n that both have
    assert found.observed.startswith("vae remoteness / gan remoteness 2 [1.8")


def test_seconds_are_judged_on_a_gpu_only(maker):
    text = "{kind: study_within, term: [vae, seconds_per_image/recovery], below: 0.1}"
    metrics = [single("seconds_per_image/recovery", 0.01)]
    maker.study("vae-adam", metrics)
    assert part(text).judge(maker.open()).verdict == YES
    maker.study("vae-adam", metrics, evaluation={"device": "cpu", "device_name": "a slow chip"})
    found = part(text).judge(maker.open())
    assert found.verdict == Verdict.NOT_COMPARABLE
    assert found.reason == "timed on a CPU (a slow chip); the report used a GPU"


@pytest.mark.parametrize(("levels", "verdict"), [((1, 2, 3), YES), ((1, 3, 2), NO), ((1, 1.0001, 3), OPEN)])
def test_errors_rise_with_the_depth(maker, levels, verdict):
    values = [over(f"denoised_mae/t={t}", level + NOISE[:: 1 if k % 2 else -1]) for k, (t, level) in
              enumerate(zip((5, 50, 300), levels, strict=True))]  # fmt: skip
    maker.study("diffusion-adam", values)
    found = part('{kind: study_rises, model: diffusion, family: "denoised_mae/t="}').judge(maker.open())
    assert found.verdict == verdict
    assert "5: 1" in found.observed


@pytest.mark.parametrize(
    ("costs", "verdict"),
    [((4, 1, 1.2, 3), YES), ((4, 2, 2, 1), NO), ((4, 1, 2, 1.0001), OPEN)],
)
def test_the_best_depth_lies_in_a_range(maker, costs, verdict):
    rng = np.random.default_rng(0)
    steps = maker.params.runs["diffusion-adam"].objective.steps
    depths = [round(share * steps) for share in (0.0, 0.1, 0.15, 0.5)]
    metrics = [
        over(f"interpolation_cost/t={t}", c + 0.3 * rng.normal(size=16)) for t, c in zip(depths, costs, strict=True)
    ]
    maker.study("diffusion-adam", metrics)
    text = "{kind: study_best, model: diffusion, family: interpolation_cost/t=, best: lowest, between: [0.05, 0.2]}"
    found = part(text).judge(maker.open())
    assert found.verdict == verdict
    assert f"of {steps} steps; within {0.05 * steps:g} to {0.2 * steps:g} steps in " in found.observed
    assert found.observed.endswith("% of resamples")
    highest = StudyBest(
        kind="study_best", model="diffusion", family="interpolation_cost/t=", best="highest", between=(0, 0)
    )
    assert highest.judge(maker.open()).verdict == YES


def test_studies_on_a_gpu_are_judged_wherever_epochs_were_timed(maker):
    """And the other way round: what was not done on a GPU is none of the report's seconds."""
    metrics = [single("seconds_per_image/recovery", 0.01)]
    part = {"kind": "study_within", "term": ["vae", "seconds_per_image/recovery"], "below": 0.1}
    claim = Claim.model_validate({"id": "T16", "place": "p", "finding": "f", "needs": "gpu", "parts": [part]})
    maker.study("vae-adam", metrics, evaluation={"device": "cuda", "device_name": "a card"})
    times = {"machine": {"device": "cpu", "device_name": "a chip"}, "runs": {}}
    write_json(maker.open().folder / "epoch_times.json", times)
    assert maker.open().times == times
    assert judge(claim, maker.open(), "full").verdict == YES
    maker.study("vae-adam", metrics, evaluation={"device": "cpu", "device_name": "a slow chip"})
    assert judge(claim, maker.open(), "full").verdict == Verdict.NOT_COMPARABLE


def test_a_claim_judges_studies_by_scale(maker):
    maker.study("gan-adam", [single("bad_share", 0.04, bounds=(0.03, 0.05))])
    claim = Claim.model_validate(
        {
            "id": "T9",
            "place": "p",
            "finding": "f",
            "parts": [{"kind": "study_within", "term": ["gan", "bad_share"], "above": 0.01}],
        }
    )
    assert judge(claim, maker.open(), "full").verdict == YES
    assert judge(claim, maker.open(), "full").reason == "n_seeds<3"
    assert judge(claim, maker.open(), "smoke").verdict == Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{kind: study_within, term: [gan, bad_share]}", "give above, below or both"),
        ("{kind: study_order, ascending: [[gan, bad_share]]}", "at least 2"),
        ("{kind: study_best, model: a, family: b, best: lowest, between: [0, 2]}", "less than or equal to 1"),
    ],
)
def test_mistakes_in_claims_are_named(text, message):
    with pytest.raises(ValidationError, match=message):
        part(text)


def test_claims_name_metrics_that_a_study_measures():
    """A misspelt one would read as not run for ever."""
    for folder in sorted((ROOT / "replications").iterdir()):
        for claim in read_claims(folder):
            for one in claim.parts:
                if isinstance(one, StudyOrder | StudyWithin | StudyRises | StudyBest):
                    for _, metric in one.terms:
                        assert study_of(metric) is not None, f"{folder.name} {claim.id}: {metric}"
