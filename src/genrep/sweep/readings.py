"""The readings of ``assumptions.yaml`` as runs: parameters laid over, names, and which weights they are measured on.

A reading that is trained otherwise is a run of its own, ``<run>--<assumption>--<reading>``, with the first seed of the
run that it varies. One that is only sampled or measured otherwise keeps that run's weights, and one that only reads the
same measurement otherwise (another epoch, another sign) is not run at all. Nothing here imports torch.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from genrep.assumptions import AS_USED, Assumption, Move, Reading, read_assumptions
from genrep.errors import UserError
from genrep.layout import REPLICATIONS
from genrep.params import SCALES, EvaluationParams, ReplicationParams, RunParams, merge
from genrep.params.load import check_choice, explain

SEPARATOR = "--"  # in no name of params.yaml


@dataclass(frozen=True)
class Variant:
    """One reading of one assumption, for one of the cells that it moves."""

    assumption: str
    reading: Reading
    move: Move
    name: str  # of its run and measurement, a key of ``params.runs``
    trained: str  # the run whose weights it is measured on
    params: ReplicationParams  # with the reading laid over
    not_run: str = ""  # why it is left out at this scale

    @property
    def run(self) -> RunParams:
        """What it is trained and sampled with."""
        return self.params.runs[self.name]

    @property
    def seed(self) -> int:
        """The seed that a sweep needs; the run in use may have more."""
        return self.run.seeds[0]


Sweeps = dict[str, list[Variant]]


def sweeps(name: str, replication: ReplicationParams, scale: str, root: Path = REPLICATIONS) -> Sweeps:
    """Every sweep of a replication by its id: one per assumption that has readings to run, and one per cell that
    several of those move, which lays all their readings side by side. The reading in use comes first.

    Args:
        name: of the replication.
        replication: resolved at ``scale``.
        scale: smoke, desk or full.
        root: the folder of all replications.

    Raises:
        UserError: a reading names what does not exist, or gives it a value that it cannot have.
    """
    found: Sweeps = {}
    by_cell: dict[str, dict[str, list[Variant]]] = {}
    for assumption in read_assumptions(root / name):
        if not assumption.runnable:
            continue
        variants = [v for move in assumption.moves for v in _variants(assumption, move, replication, scale)]
        found[assumption.id] = variants
        for variant in variants:
            by_cell.setdefault(variant.move.cell, {}).setdefault(assumption.id, []).append(variant)
    for cell, groups in by_cell.items():
        if len(groups) > 1 and cell not in found:
            first, *others = groups.values()
            found[cell] = [*first, *(v for group in others for v in group if v.reading.id != AS_USED)]
    return found


def chosen(name: str, found: Sweeps, ids: tuple[str, ...], root: Path = REPLICATIONS) -> Sweeps:
    """The sweeps of the given ids, or all.

    Raises:
        UserError: there is none, no such one, or one of an assumption that has nothing to run.
    """
    if not found:
        raise UserError(f"{name} has no sweep: no assumption in {root / name / 'assumptions.yaml'} has readings to run")
    in_words = {assumption.id for assumption in read_assumptions(root / name)} - found.keys()
    for one in ids:
        if one in in_words:
            raise UserError(f"assumption {one!r} of {name} has no readings to run; those of {', '.join(found)} have")
        check_choice(f"sweep of {name}", one, tuple(found))
    return {one: found[one] for one in ids or found}


def _variants(assumption: Assumption, move: Move, replication: ReplicationParams, scale: str) -> list[Variant]:
    where = f"assumptions.yaml: {assumption.id}"
    check_choice(f"{where}: moves a run", move.run, tuple(n for n, run in replication.runs.items() if run.sampler))
    used = Reading(id=AS_USED, says=str(assumption.value))
    return [
        Variant(assumption.id, used, move, move.run, move.run, replication),
        *(
            _variant(assumption.id, reading, move, replication, scale, f"{where}: {reading.id}")
            for reading in assumption.runnable
        ),
    ]


def _variant(
    assumption: str, reading: Reading, move: Move, replication: ReplicationParams, scale: str, where: str
) -> Variant:
    for one in reading.scales:
        check_choice(f"{where}: scales", one, SCALES)
    base = replication.runs[move.run]
    run = _laid_over(base, reading.run, f"{where}: run")
    evaluation = _laid_over(replication.evaluation, _measured(reading, move, replication), f"{where}: evaluation")
    trained_otherwise = run.training_values() != base.training_values()
    measured_otherwise = run.sampler != base.sampler or evaluation != replication.evaluation
    name = move.run
    if trained_otherwise or measured_otherwise:
        name = SEPARATOR.join((move.run, assumption, reading.id))
        changes: dict[str, Any] = {} if "seeds" in reading.run else {"seeds": base.seeds[:1]}
        if trained_otherwise:  # a loss that is no longer finite is what came of this reading
            changes["on_divergence"] = "record"
        run = run.model_copy(update=changes)
        runs = replication.runs | {name: run}
        replication = replication.model_copy(update={"runs": runs, "evaluation": evaluation})
    not_run = f"run at scale {', '.join(reading.scales)} only" if reading.scales and scale not in reading.scales else ""
    return Variant(
        assumption, reading, move, name, name if trained_otherwise else move.run, replication, not_run=not_run
    )


def _measured(reading: Reading, move: Move, replication: ReplicationParams) -> dict[str, Any]:
    """The reading's patch on the evaluation, with its sample count where the run is not measured at that anyway."""
    model = replication.model_of(move.run)
    if reading.n is None or reading.n in replication.samples_of(move.run) or "samples" in reading.evaluation:
        return reading.evaluation
    return merge({"samples": [reading.n], "samples_of": {model: [reading.n]}}, reading.evaluation)


def _laid_over(base: Any, patch: dict[str, Any], where: str) -> Any:
    """A block of parameters with a patch over it.

    Raises:
        UserError: the patch names no parameter, or the result is not valid.
    """
    if not patch:
        return base
    schema: type[RunParams] | type[EvaluationParams] = type(base)
    try:
        return schema.model_validate(merge(base.model_dump(mode="json"), patch))
    except ValidationError as error:
        raise UserError(f"{where}: {explain(error, schema)}") from None
