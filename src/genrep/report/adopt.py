"""``genrep adopt``: take committed measurements for current, after checking that they are.

A clone has measurements but neither trained weights nor Snakemake's records, so Snakemake would train everything
again. Adoption compares parameters, code and data of every committed measurement with the working tree, writes the
keys of those that match, and only then lets Snakemake record the outputs as up to date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrep.codehash import known_as
from genrep.data.catalogue import data_set
from genrep.files import read_json, write_json
from genrep.identity import (
    inception_code,
    inception_identity,
    measurement_identity,
    measuring_code,
    run_identity,
    sampling_identity,
    training_code,
)
from genrep.layout import (
    adoption_path,
    epoch_times_path,
    inception_path,
    measurement_path,
    real_path,
    sampling_times_path,
    study_path,
)
from genrep.params import ReplicationParams
from genrep.study_plan import lacking, studied, studies_key, study_code, title
from genrep.sweep.readings import SEPARATOR
from genrep.workflow import Plan


@dataclass(frozen=True)
class Adoption:
    """What was checked."""

    adopted: dict[str, str]  # measurements that match, and their keys
    refused: dict[str, str]  # measurements that do not, and why
    missing: list[str]  # what has no measurement
    outputs: list[str]  # what Snakemake may record as up to date


@dataclass(frozen=True)
class _Part:
    title: str
    path: Path
    key: str
    reason: str  # why it does not match; empty where it does


def adopt(plan: Plan) -> Adoption:
    """Check every measurement of a replication and write the keys of those that match."""
    parts = [_real(plan, classifier) for classifier in plan.params.classifiers]
    parts += [_run(plan, name, seed) for name, seed in plan.measured()]
    if plan.params.timing is not None:
        parts.append(_epoch_times(plan))
    if plan.params.sampling_times is not None:
        parts.append(_sampling_times(plan))
    parts += _studied(plan)
    whole = all(part.path.exists() and not part.reason for part in parts)
    optional = [*_swept(plan), *_on_inception(plan)]
    parts += optional
    adopted = {part.title: part.key for part in parts if part.path.exists() and not part.reason}
    write_json(adoption_path(plan.scale, plan.name), adopted)
    paths = [str(part.path) for part in (optional if whole else parts) if part.title in adopted]
    return Adoption(
        adopted,
        refused={part.title: part.reason for part in parts if part.path.exists() and part.reason},
        missing=[part.title for part in parts if not part.path.exists()],
        outputs=[*([f"replicate_{plan.name}"] if whole else []), *paths],
    )


def _real(plan: Plan, classifier: str) -> _Part:
    path, reason = real_path(plan.scale, plan.name, plan.real(classifier)), ""
    if path.exists():
        record = read_json(path)
        reason = _run_differs(plan.params, classifier, 0, record["classifier"])
        reason = reason or _differs(
            "measuring code", known_as(record["evaluation"]["code"]), measuring_code(plan.params)
        )
    return _Part(plan.real(classifier), path, plan.training_key(classifier, 0), reason)


def _run(plan: Plan, name: str, seed: int) -> _Part:
    path = measurement_path(plan.scale, plan.name, name, seed)
    reason = _differs_from_tree(plan, name, seed, path) if path.exists() else ""
    return _Part(f"{name}-seed{seed}", path, plan.measuring_key(name, seed), reason)


def _swept(plan: Plan) -> Iterator[_Part]:
    """What there is of readings in sweeps, none of which has to be there."""
    for path in sorted(real_path(plan.scale, plan.name).parent.glob(f"*{SEPARATOR}*-seed*[0-9].json")):
        name, _, seed = path.stem.rpartition("-seed")
        if name in plan.variants:
            yield _run(plan, name, int(seed))
        else:
            yield _Part(path.stem, path, "", "it is of no reading in assumptions.yaml")


def difference(plan: Plan, name: str, seed: int) -> str:
    """Why the measurement of a run is not current; empty where it is."""
    return _reason(_run(plan, name, seed))


def difference_of_real(plan: Plan, classifier: str) -> str:
    """Why the measurement of a classifier's real images is not current; empty where it is."""
    return _reason(_real(plan, classifier))


def _reason(part: _Part) -> str:
    return part.reason if part.path.exists() else f"{part.path} does not exist"


def _on_inception(plan: Plan) -> Iterator[_Part]:
    """What there is on Inception features; where the weights were not at hand there is nothing, and none is missing."""
    if plan.params.evaluation.inception is None:
        return
    for classifier in plan.params.classifiers:
        path = inception_path(real_path(plan.scale, plan.name, plan.real(classifier)))
        if path.exists():
            data = data_set(plan.run(classifier).data.set).identity
            yield _inception(plan, classifier, 0, path, _differs("data", read_json(path)["data"], data))
    for name, seed in plan.measured():
        path = inception_path(measurement_path(plan.scale, plan.name, name, seed))
        if path.exists():
            trained = _run_differs(plan.params, name, seed, read_json(path)["provenance"])
            yield _inception(plan, name, seed, path, trained)


def _studied(plan: Plan) -> Iterator[_Part]:
    """The studies of every run; where the weights behind their features are not at hand, what there is."""
    for name, seed in studied(plan):
        path = study_path(plan.scale, plan.name, name, seed)
        if path.exists() or not lacking(plan.params):
            reason = _study_differs(plan, name, seed, path) if path.exists() else ""
            yield _Part(title(name, seed), path, studies_key(plan, name, seed), reason)


def _study_differs(plan: Plan, name: str, seed: int, path: Path) -> str:
    record, params = read_json(path), plan.params.studies
    assert params is not None
    reason = _run_differs(plan.params, name, seed, record["provenance"])
    reason = reason or _differs("studies", record["how"], {study: params.study(study) for study in params.asked})
    for study in params.asked:
        recorded = known_as(record["code"].get(study, ""))
        reason = reason or _differs(f"code of {study}", recorded, study_code(plan.params, name, study))
    real = Path(plan.real_of(name))
    if params.features == "classifier" and real.exists():
        reason = reason or _differs("classifier", record["classifier"], read_json(real)["classifier"]["weights"])
    return reason


def _inception(plan: Plan, name: str, seed: int, path: Path, images: str) -> _Part:
    """One measurement on Inception features, of images that differ from the tree's or (empty) do not."""
    record = read_json(path)
    reason = (
        images
        or _differs("protocol", record["how"], inception_identity(plan.params, name))
        or _differs(
            "measuring code", known_as(record["evaluation"]["code"]), inception_code(plan.params_of(name), name)
        )
    )
    return _Part(path.stem, path, plan.inception_key(name, seed), reason)


def _epoch_times(plan: Plan) -> _Part:
    path, reason = epoch_times_path(plan.scale, plan.name), ""
    if path.exists():
        record, timing = read_json(path), plan.params.timing
        reason = _differs("timing", record["timing"], timing.values() if timing else None)
        for name, timed in record["runs"].items():
            run = plan.run(name)
            reason = reason or _differs("parameters", _untimed(timed["identity"]), _untimed(run.training_values()))
            reason = reason or _differs("training code", known_as(timed["code"]), training_code(run))
    return _Part("epoch_times", path, plan.timing_key(), reason)


def _sampling_times(plan: Plan) -> _Part:
    path, reason = sampling_times_path(plan.scale, plan.name), ""
    if path.exists():
        record, how = read_json(path), plan.params.sampling_times
        reason = _differs("sampling times", record["how"], how.values() if how else None)
        for name, timed in record["runs"].items():
            expected = sampling_identity(plan.run(name))
            reason = reason or _differs("parameters", timed["identity"], expected["identity"])
            reason = reason or _differs("sampling code", known_as(timed["code"]), expected["code"])
    return _Part("sampling_times", path, plan.sampling_times_key(), reason)


def _untimed(values: dict[str, Any]) -> dict[str, Any]:
    """Training values without the number of threads, which the timing sets itself."""
    return {key: value for key, value in values.items() if key != "threads"}


def _differs_from_tree(plan: Plan, name: str, seed: int, path: Path) -> str:
    record, params = read_json(path), plan.params_of(name)
    classifier = read_json(Path(plan.real_of(name)))["classifier"]["weights"]
    return (
        _run_differs(params, name, seed, record["provenance"])
        or _differs("protocol", record["how"], measurement_identity(params, name))
        or _differs("measuring code", known_as(record["evaluation"]["code"]), measuring_code(params, name))
        or _differs("classifier", record["classifier"], classifier)
    )


def _run_differs(params: ReplicationParams, name: str, seed: int, provenance: dict[str, Any]) -> str:
    run = params.runs[name]
    identity = run_identity(run, seed, data_set(run.data.set).identity)
    return (
        _differs("data", provenance["identity"]["data"], identity["data"])
        or _differs("parameters", provenance["identity"], identity)
        or _differs("training code", known_as(provenance["code"]), training_code(run))
    )


def _differs(what: str, recorded: Any, now: Any) -> str:
    """One line on the first difference between two nested values, or nothing."""
    if isinstance(recorded, dict) and isinstance(now, dict):
        for key in sorted(recorded.keys() | now.keys()):
            if reason := _differs(f"{what}.{key}", recorded.get(key), now.get(key)):
                return reason
        return ""
    return "" if recorded == now else f"{what}: recorded {_short(recorded)}, now {_short(now)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:12]}..."
