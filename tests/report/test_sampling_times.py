"""Terms over sampling times and sizes, and the predicates over terms."""

import pytest

from genrep.errors import UserError
from genrep.files import write_json
from genrep.params import load, resolve
from genrep.report.claims import Claim, judge
from genrep.report.estimates import NotMeasured
from genrep.report.predicates.terms import Ascends, Improves, Near
from genrep.report.sampling_times import cpu_reason
from genrep.report.terms import reproduce
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker
from tests.report.predicates import MISSING, NO, OPEN, YES


@pytest.fixture
def thesis(tmp_path) -> Maker:
    return Maker(tmp_path, resolve(load(ROOT / "params.yaml"), "thesis", "full"))


def sampling(maker: Maker, device: str = "cuda", **seconds: list[float]) -> Maker:
    """Sampling times by model; of a thousand parameters each ten belong to a module with children."""
    runs = {
        model: {
            "model": model,
            "seconds": values,
            "steps": 1,
            "timed_steps": 1,
            "flops_per_image": 10 ** (index + 1),
            "parameters": {"one": 600, "other": 400},
            "leaf_parameters": {"one": 590, "other": 400},
        }
        for index, (model, values) in enumerate(seconds.items())
    }
    machine = {"device": device, "device_name": "a chip", "threads": 2}
    write_json(maker.folder / "measurements" / "sampling_times.json", {"machine": machine, "runs": runs})
    return maker


@pytest.fixture
def three(thesis):
    return sampling(thesis, vae=[9.0, 8.0, 10.0], gan=[1.0, 1.0, 1.0], diffusion=[4000.0]).open()


@pytest.mark.parametrize(
    ("term", "value", "low", "high"),
    [
        ("sampling_seconds:vae", 9, 8, 10),
        ("sampling_seconds:vae / sampling_seconds:gan", 9, 8, 10),
        ("sampling_flops:gan", 100, 100, 100),
        ("parameters:vae", 1000, 1000, 1000),
        ("parameters/leaves:vae", 990, 990, 990),
        ("efficiency/fid=20:vae", 1e9 / (20 * 990), 1e9 / (20 * 990), 1e9 / (20 * 990)),
    ],
)
def test_terms(three, term, value, low, high):
    found = reproduce(term, three)
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high))


def test_terms_that_nobody_computes(thesis, three):
    with pytest.raises(UserError, match="protocol 'sampling_hours:vae' is not known"):
        reproduce("sampling_hours:vae", three)
    with pytest.raises(UserError, match="protocol 'parameters:vea' is not known"):
        reproduce("parameters:vea", three)


def test_what_was_not_timed_names_the_command(thesis):
    with pytest.raises(NotMeasured, match="the sampling of vae has not been timed; run: genrep time-sampling"):
        reproduce("parameters:vae", thesis.open())


def test_ratio_of_a_cpu_is_shown_beside_that_of_arithmetic(thesis, three):
    protocol = "sampling_seconds:diffusion / sampling_seconds:vae"
    assert cpu_reason(three, protocol) == ""
    sampling(thesis, device="cpu", vae=[9.0], gan=[1.0], diffusion=[4000.0])
    reason = cpu_reason(thesis.open(), protocol)
    assert "timed on a CPU (a chip, 2 threads)" in reason
    assert reason.endswith("the ratio of arithmetic is 100")


# -- predicates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vae", "verdict"), [([9.0, 8.0, 10.0], YES), ([0.5, 0.4, 0.6], NO), ([1.0, 0.5, 1.6], OPEN), ([5000.0], NO)]
)
def test_ascending_terms(thesis, vae, verdict):
    measurements = sampling(thesis, gan=[1.0], vae=vae, diffusion=[4000.0]).open()
    terms = tuple(f"sampling_seconds:{model}" for model in ("gan", "vae", "diffusion"))
    found = Ascends(kind="ascends", terms=terms).judge(measurements)
    assert found.verdict == verdict
    assert "sampling_seconds:diffusion 4000" in found.observed


@pytest.mark.parametrize(("value", "verdict"), [(9, YES), (5, YES), (3, NO), (4.9, OPEN), (40, NO)])
def test_near(three, value, verdict):
    """8 to 10 against a factor of two around the value."""
    found = Near(kind="near", term="sampling_seconds:vae / sampling_seconds:gan", value=value, factor=2)
    assert found.judge(three).verdict == verdict


def test_terms_without_a_measurement_are_not_run(thesis):
    measurements = thesis.open()
    assert Near(kind="near", term="parameters:gan", value=1, factor=2).judge(measurements).verdict == MISSING
    assert Ascends(kind="ascends", terms=("parameters:gan",) * 2).judge(measurements).verdict == MISSING


@pytest.mark.parametrize(("prior", "verdict"), [(30.0, YES), (10.0, NO), (20.005, OPEN)])
def test_a_sampler_improves_on_another(thesis, prior, verdict):
    thesis.run("vae", 0, {"fid": [20.0], "fid@latent_prior": [prior]})
    found = Improves(kind="improves", model="vae", metrics=("fid",), than="latent_prior").judge(thesis.open())
    assert found.verdict == verdict
    assert "with latent_prior" in found.observed


def test_a_sampler_that_was_not_measured(thesis):
    thesis.run("vae", 0, {"fid": [20.0]})
    found = Improves(kind="improves", model="vae", metrics=("fid",), than="latent_prior").judge(thesis.open())
    assert (found.verdict, found.reason) == (MISSING, "fid@latent_prior at n=8096 has not been measured")


# -- claims -----------------------------------------------------------------------------------------------------------


def claim(**changes) -> Claim:
    part = {"kind": "near", "term": "sampling_seconds:vae / sampling_seconds:gan", "value": 9, "factor": 2}
    return Claim(id="x", place="p", finding="f", parts=[part], **changes)


def test_claim_on_sampling_times_needs_the_gpu_that_they_were_taken_on(thesis):
    part = {"kind": "ascends", "terms": ["sampling_seconds:gan", "sampling_seconds:vae"]}
    needing = Claim(id="x", place="p", finding="f", needs="gpu", parts=[part])
    thesis.times(device="cuda", vae=[1.0, 1.0])  # that epochs were timed elsewhere does not matter
    for device, verdict in (("cuda", YES), ("cpu", Verdict.NOT_COMPARABLE)):
        sampling(thesis, device=device, vae=[9.0], gan=[1.0])
        assert judge(needing, thesis.open(), "full").verdict == verdict


@pytest.mark.parametrize(("scale", "verdict"), [("full", YES), ("desk", Verdict.NOT_COMPARABLE)])
def test_claim_on_the_full_networks_says_nothing_at_smaller_scales(three, scale, verdict):
    found = judge(claim(full_only="smaller networks"), three, scale)
    assert found.verdict == verdict
    assert found.observed
    assert ("smaller networks" in found.reason) == (scale == "desk")
