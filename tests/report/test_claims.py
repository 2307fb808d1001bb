"""Claims: what ``claims.yaml`` may hold, and where a claim is judged at all."""

from pathlib import Path

import pytest
import yaml

from genrep.errors import UserError
from genrep.params import ReplicationParams, load, resolve
from genrep.report.claims import Claim, judge, read_claims
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker

ENTRY = "- {{id: X1, place: Table 1, finding: a thing, parts: [{part}]}}\n"
DRIFT = "{kind: drift, model: vae, below: 0.55}"


def claim(**more: str) -> Claim:
    """The VAE's first epoch is its slow one; ``maker.times(vae=[10, 3, 3])`` bears it out."""
    part = {"kind": "drift", "model": "vae", "below": 0.55}
    return Claim.model_validate({"id": "X1", "place": "Table 1", "finding": "a thing", "parts": [part]} | more)


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "claims.yaml").write_text(ENTRY.format(part=DRIFT) + ENTRY.format(part=DRIFT).replace("X1", "X2"))
    assert [claim.id for claim in read_claims(tmp_path)] == ["X1", "X2"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (ENTRY.format(part="{kind: drfit, model: vae}"), "drfit"),
        (ENTRY.format(part="{kind: drift, model: vae, blow: 0.55}"), "blow"),
        (ENTRY.format(part="{kind: order, models: [vae], metrics: [fid]}"), "models"),
        (ENTRY.format(part=DRIFT).replace("place: Table 1, ", ""), "place"),
        (ENTRY.format(part=DRIFT).replace("id: X1", "id: X1, needs: tpu"), "gpu"),
        ("- {id: X1, place: [\n", "line 2"),
        ("id: X1\n", "must be a list"),
        ("", "must be a list"),
    ],
    ids=["kind", "unknown key", "one model", "no place", "needs", "not YAML", "not a list", "empty"],
)
def test_a_broken_file_is_one_line_that_names_it(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "claims.yaml").write_text(text)
    with pytest.raises(UserError, match=r"claims\.yaml: ") as caught:
        read_claims(tmp_path)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"claims\.yaml does not exist$"):
        read_claims(tmp_path)


@pytest.mark.parametrize(
    ("times", "at_full_scale"),
    [
        ({"vae": [10.0, 3.0, 3.0]}, Verdict.REPLICATED),
        ({"vae": [10.0, 9.0, 9.0]}, Verdict.NOT_REPLICATED),
        ({}, Verdict.NOT_RUN),
    ],
)
def test_smoke_scale_never_judges(maker: Maker, times: dict[str, list[float]], at_full_scale: Verdict) -> None:
    maker.times(**times)
    maker.params = resolve(load(ROOT / "params.yaml"), "mnist_timing", "smoke")
    found = judge(claim(), maker.open(), "smoke")
    assert found.verdict == (Verdict.NOT_COMPARABLE if times else Verdict.NOT_RUN)
    assert found.reason.startswith("smoke scale: 2,000 training") == bool(times)
    assert bool(found.observed) == bool(times)
    assert judge(claim(), maker.open(), "full").verdict == at_full_scale


def test_needs_gpu_on_a_cpu_is_shown_and_not_judged(maker: Maker) -> None:
    maker.times(device="cpu", vae=[10.0, 3.0, 3.0])
    found = judge(claim(needs="gpu"), maker.open(), "full")
    assert found.verdict == Verdict.NOT_COMPARABLE
    assert found.observed == "vae: 0.3 times the first epoch's time"
    assert "timed on a CPU (a chip)" in found.reason
    assert judge(claim(), maker.open(), "full").verdict == Verdict.REPLICATED  # where it does not matter


def test_needs_gpu_on_a_gpu_is_judged(maker: Maker) -> None:
    maker.times(device="cuda", vae=[10.0, 3.0, 3.0])
    assert judge(claim(needs="gpu"), maker.open(), "full").verdict == Verdict.REPLICATED


def test_needs_gpu_without_any_times_is_not_run(maker: Maker) -> None:
    found = judge(claim(needs="gpu"), maker.open(), "full")
    assert found.verdict == Verdict.NOT_RUN
    assert "vae have not been timed" in found.reason


def test_desk_scale_carries_its_deviations(maker: Maker, params: ReplicationParams) -> None:
    maker.params = params.model_copy(update={"deviations": ("half the epochs",)})
    maker.times(vae=[10.0, 3.0, 3.0])
    assert "half the epochs" in judge(claim(), maker.open(), "desk").reason


def test_real_images_have_no_seeds_to_be_short_of(maker: Maker) -> None:
    for seed in range(3):
        maker.run("gan-adam", seed, {"fid": [1.0], "legible_share": [0.8]})
    maker.real(0.9, n=2_000)
    part = "{kind: order, models: [gan, real], metrics: [legible_share]}"
    found = judge(Claim.model_validate(yaml.safe_load(ENTRY.format(part=part))[0]), maker.open(), "full")
    assert (found.verdict, found.reason) == (Verdict.REPLICATED, "")


@pytest.mark.parametrize("seeds", [1, 3])
def test_a_claim_on_few_seeds_says_so(maker: Maker, seeds: int) -> None:
    for model, share in (("vae", 0.2), ("gan", 0.8)):
        for seed in range(seeds):
            maker.run(f"{model}-adam", seed, {"fid": [1.0], "legible_share": [share]})
    part = "{kind: order, models: [vae, gan], metrics: [legible_share]}"
    found = judge(Claim.model_validate(yaml.safe_load(ENTRY.format(part=part))[0]), maker.open(), "full")
    assert found.verdict == Verdict.REPLICATED
    assert found.reason == ("" if seeds == 3 else "n_seeds<3")
