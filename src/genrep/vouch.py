"""``genrep vouch``: prove that rewritten code still gives the results of older code, so that those stay valid.

The hash of the code is strict: renaming a variable in the training loop gives a new one, and with it every run would be
trained again. The proof is by example: every run of the smoke scale, trained and measured on one machine with the older
code and with the present one, has the same weights bit for bit and the same measurements. What holds the results of
both is then noted in ``vouched.csv``, and the present code goes by the older one's hash (genrep.codehash).
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from genrep.codehash import ledger, vouched
from genrep.errors import UserError
from genrep.files import atomic_path, read_json
from genrep.identity import measuring_code, training_code
from genrep.layout import measurement_path, run_folder
from genrep.params import replications
from genrep.workflow import Plan

SCALE = "smoke"
MACHINE = ("device_name", "precision", "threads", "libraries")  # what else decides floating-point bits


def vouch(params: dict[str, Any], other: Path) -> dict[str, str]:
    """Compare this checkout's smoke results with those of another, older one, and note the code as equal.

    Args:
        params: the content of ``params.yaml``.
        other: root of a checkout of the older code in which the smoke scale was run.

    Returns:
        Hashes of present code and the older hashes that it now goes by; code that has not changed is not among them.

    Raises:
        UserError: something was not run, or differs; nothing is noted then.
    """
    pairs: dict[str, str] = {}
    for name in replications(params):
        for new, old in _pairs(Plan(params, name, SCALE), other):
            if pairs.setdefault(new, old) != old:
                raise UserError(f"the code {new[:12]}... equals two older ones; vouch for one change at a time")
    pairs = {code: old for code, old in pairs.items() if code != old}
    kept = {code: old for code, old in vouched().items() if code not in pairs}
    with atomic_path(ledger()) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("code", "same_as"))
        writer.writerows(sorted((kept | pairs).items()))
    return pairs


def _pairs(plan: Plan, other: Path) -> list[tuple[str, str]]:
    """(present hash, older hash) of every run and measurement that both checkouts have and that agree."""
    found = []
    runs = [(name, seed) for name, run in plan.params.runs.items() for seed in run.seeds]
    for name, seed in runs:
        path = run_folder(SCALE, plan.name, name, seed) / "provenance.json"
        if (other / path).exists():  # else the run is newer than the other code
            found.append(_run_pair(plan, name, path, other))
    for name, seed in plan.measured():
        path = measurement_path(SCALE, plan.name, name, seed)
        if (other / path).exists():
            found.append(_measurement_pair(path, other, measuring_code(plan.params, name)))
            _require(path.with_suffix(".npz"), "images", *map(_arrays, _both(path.with_suffix(".npz"), other)))
    for path in map(Path, plan.reals()):
        if (other / path).exists():
            found.append(_measurement_pair(path, other, measuring_code(plan.params)))
    return found


def _run_pair(plan: Plan, name: str, path: Path, other: Path) -> tuple[str, str]:
    new, old = map(read_json, _both(path, other))
    _require(path, "parameters", new["identity"], old["identity"])
    _require(path, "machine", _machine(new["segments"][-1]), _machine(old["segments"][-1]))
    _require(path, "weights", new["weights"], old["weights"])
    return _present(path, new["code"], training_code(plan.run(name))), old["code"]


def _measurement_pair(path: Path, other: Path, code: str) -> tuple[str, str]:
    new, old = map(read_json, _both(path, other))
    _require(path, "machine", _machine(new["evaluation"]), _machine(old["evaluation"]))
    _require(path, "metrics", *([s["metrics"] for s in record["snapshots"]] for record in (new, old)))
    return _present(path, new["evaluation"]["code"], code), old["evaluation"]["code"]


def _both(path: Path, other: Path) -> tuple[Path, Path]:
    if not path.exists():
        raise UserError(f"{path} does not exist; run the smoke scale here, too: genrep smoke")
    return path, other / path


def _present(path: Path, recorded: str, present: str) -> str:
    if recorded != present:
        raise UserError(f"{path} was not made by the present code; run the smoke scale again: genrep smoke")
    return present


def _require(path: Path, what: str, new: Any, old: Any) -> None:
    if new != old:
        raise UserError(f"{path}: the {what} differ from the other checkout's, so the code is not vouched for")


def _machine(record: dict[str, Any]) -> dict[str, Any]:
    return {key: record[key] for key in MACHINE}


def _arrays(path: Path) -> dict[str, bytes]:
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name].tobytes() for name in stored.files}
