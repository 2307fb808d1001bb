"""``genrep adopt``: take committed measurements for current, after checking that they are.

A clone has measurements but neither trained weights nor Snakemake's records, so Snakemake would train everything
again. Adoption compares parameters, code and data of every committed measurement with the working tree, writes the
keys of those that match, and only then lets Snakemake record the outputs as up to date.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genrep.codehash import known_as
from genrep.data.catalogue import data_set
from genrep.files import read_json, write_json
from genrep.identity import measurement_identity, measuring_code, run_identity, training_code
from genrep.layout import adoption_path, epoch_times_path, measurement_path, real_path
from genrep.params import ReplicationParams
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
    adopted = {part.title: part.key for part in parts if part.path.exists() and not part.reason}
    write_json(adoption_path(plan.scale, plan.name), adopted)
    outputs = [str(part.path) for part in parts if part.title in adopted]
    return Adoption(
        adopted,
        refused={part.title: part.reason for part in parts if part.path.exists() and part.reason},
        missing=[part.title for part in parts if not part.path.exists()],
        outputs=[f"replicate_{plan.name}"] if len(adopted) == len(parts) else outputs,
    )


def _real(plan: Plan, classifier: str) -> _Part:
    path, reason = real_path(plan.scale, plan.name, plan.real(classifier)), ""
    if path.exists():
        record = read_json(path)
        reason = _run_differs(plan.params, classifier, 0, record["classifier"])
        reason = reason or _differs(
            "measuring code", known_as(record["evaluation"]["code"]), measuring_code(plan.params.evaluation)
        )
    return _Part(plan.real(classifier), path, plan.training_key(classifier, 0), reason)


def _run(plan: Plan, name: str, seed: int) -> _Part:
    path = measurement_path(plan.scale, plan.name, name, seed)
    reason = _differs_from_tree(plan, name, seed, path) if path.exists() else ""
    return _Part(f"{name}-seed{seed}", path, plan.measuring_key(name, seed), reason)


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


def _untimed(values: dict[str, Any]) -> dict[str, Any]:
    """Training values without the number of threads, which the timing sets itself."""
    return {key: value for key, value in values.items() if key != "threads"}


def _differs_from_tree(plan: Plan, name: str, seed: int, path: Path) -> str:
    record, run = read_json(path), plan.run(name)
    classifier = read_json(Path(plan.real_of(name)))["classifier"]["weights"]
    return (
        _run_differs(plan.params, name, seed, record["provenance"])
        or _differs("protocol", record["how"], measurement_identity(plan.params, name))
        or _differs(
            "measuring code", known_as(record["evaluation"]["code"]), measuring_code(plan.params.evaluation, run)
        )
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
