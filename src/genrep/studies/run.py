"""Doing the studies of a trained run, with files, locks and provenance."""

import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from genrep import studies
from genrep.data.prepare import images_of
from genrep.devices import claimed
from genrep.layout import run_folder, study_path
from genrep.metrics.evaluate import fixed_threads
from genrep.provenance import git_state, machine, now
from genrep.studies.abilities import NotPossible
from genrep.studies.files import read_part, write_measurement, write_part
from genrep.studies.opening import open_subject
from genrep.studies.subject import Subject
from genrep.study_plan import chosen, study_code, study_key
from genrep.training.folder import provenance
from genrep.workflow import Plan

Say = Callable[[str], None]


def study_run(
    plan: Plan, name: str, seed: int, wanted: list[str], device: str, say: Say = lambda line: None
) -> dict[str, str]:
    """Do studies of one run; write its measurement once all that are asked for are there.

    Args:
        plan: the replication at a scale.
        name: of the run.
        seed: of the run.
        wanted: studies; those that are kept with the same key are not done again.
        device: ``auto``, ``cpu`` or ``cuda``.
        say: is told what happens, line by line.

    Returns:
        The studies that cannot be done with this model, and why.

    Raises:
        UserError: the run is not finished, or a parameter does not fit it.
    """
    params = plan.params.studies
    assert params is not None
    folder = run_folder(plan.scale, plan.name, name, seed)
    trained = provenance(folder)
    keys = {study: study_key(plan.params, name, seed, study) for study in params.asked}
    reasons: dict[str, str] = {}
    with claimed(device) as place, fixed_threads(plan.run(name).threads):
        opened = _Opened(plan, name, seed, folder, place)
        for study in tqdm(wanted, desc=f"studies of {name}", unit="study", disable=None):
            record = read_part(folder, study, keys[study])
            if record is None:
                record = _do(study, opened, trained["status"], folder, keys[study])
            if "not_possible" in record:
                reasons[study] = str(record["not_possible"])
        parts = {study: read_part(folder, study, key) for study, key in keys.items()}
        missing = [study for study, part in parts.items() if part is None]
        if missing:
            say(f"{name} seed {seed}: kept {', '.join(wanted)}; the measurement waits for {', '.join(missing)}")
            return reasons
        out = study_path(plan.scale, plan.name, name, seed)
        set_name = plan.run(name).data.set
        record = {
            "run": name,
            "model": plan.params.model_of(name),
            "seed": seed,
            "data": set_name,
            # whether the model was trained on the images that count as held out
            "seen": plan.run(name).data.split != "train",
            "features": params.features,
            "provenance": trained,
            "code": {study: study_code(plan.params, name, study) for study in params.asked},
            "how": {study: params.study(study) for study in params.asked},
            "classifier": opened.classifier,
            "evaluation": {"measured": now(), **git_state(), **machine(place, "fp32")},
            "studies": parts,
        }
        write_measurement(out, record, folder, set_name)
        say(str(out))
    return reasons


def study_runs(plan: Plan, words: tuple[str, ...], seed: int | None, device: str, say: Say = lambda line: None) -> None:
    """Do the studies that words choose of the runs that they choose; all seeds if None.

    A study that was asked for by name may pass over models that lack the ability, unless the run was named too.

    Raises:
        UserError: see ``study_run`` and ``genrep.study_plan.chosen``.
        NotPossible: a named study can be done with none of the runs, or not with a named one; after all were tried.
    """
    runs, wanted = chosen(plan, words)
    lacking: dict[str, list[str]] = {study: [] for study in wanted if study in words}
    for run in runs:
        seeds = plan.run(run).seeds if seed is None else (seed,)
        impossible = [study_run(plan, run, one, wanted, device, say) for one in seeds]
        for study, reasons in lacking.items():
            if all(study in found for found in impossible):
                reasons.append(impossible[0][study])
    for study, reasons in lacking.items():
        if reasons and (len(reasons) == len(runs) or set(runs) & set(words)):
            raise NotPossible(f"{study}: {'; '.join(reasons)}")
        for reason in reasons:
            say(f"{study}: passed over, {reason}")


class _Opened:
    """A subject that is opened when it is needed."""

    def __init__(self, plan: Plan, name: str, seed: int, folder: Path, device: torch.device):
        self.plan, self.name, self.seed, self.folder, self.device = plan, name, seed, folder, device
        self.classifier_folder = run_folder(plan.scale, plan.name, plan.classifier_of(name), 0)

    @cached_property
    def subject(self) -> Subject:
        plan, judge = self.plan, self.plan.classifier_of(self.name)
        images, judged = images_of(plan.run(self.name).data), images_of(plan.run(judge).data)
        return open_subject(plan.params, self.name, self.folder, self.classifier_folder, images, judged, self.device)

    @property
    def classifier(self) -> str | None:
        """Hash of the weights behind the feature space, where it is a classifier's."""
        params = self.plan.params.studies
        assert params is not None
        return provenance(self.classifier_folder)["weights"] if params.features == "classifier" else None


def _do(study: str, opened: _Opened, status: str, folder: Path, key: str) -> dict[str, Any]:
    """Do one study and keep it."""
    start = time.monotonic()
    module = studies.module(study)
    try:
        if status != "finished":
            raise NotPossible(f"the training of {opened.name} {status}")
        subject = opened.subject
        subject.model.require(*module.NEEDS)
        found = module.study(subject, getattr(subject.params, study))
    except NotPossible as reason:
        return write_part(folder, study, key, str(reason), time.monotonic() - start)
    return write_part(folder, study, key, found, time.monotonic() - start)
