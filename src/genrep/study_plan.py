"""Which studies there are to do, and when they have to be done again. Nothing here imports torch."""

from collections.abc import Iterator
from typing import Any

from genrep.codehash import code_identity
from genrep.data.weight_files import missing_weights, published_sha256
from genrep.errors import UserError
from genrep.files import read_json, sha256_json
from genrep.identity import run_key
from genrep.layout import adoption_path, study_path
from genrep.params import ReplicationParams
from genrep.params.load import check_choice
from genrep.params.studies import STUDIES, StudiesParams
from genrep.workflow import Plan


def studies_of(replication: ReplicationParams, name: str) -> StudiesParams:
    """The parameters of a replication's studies.

    Raises:
        UserError: it has none.
    """
    if replication.studies is None:
        raise UserError(f"{name} has no studies: params.yaml has no studies block for it at this scale")
    return replication.studies


def study_code(replication: ReplicationParams, name: str, study: str) -> str:
    """Hash of the code that one study of a run rests on, apart from what trained it."""
    own, params = replication.runs[name].sampler, replication.studies
    assert own is not None
    assert params is not None
    kinds = {own.kind, params.sampler_of(replication.model_of(name), own).kind}
    modules = (f"genrep.studies.{study}", "genrep.studies.opening", *(f"genrep.sampling.{k}" for k in sorted(kinds)))
    return code_identity(*modules)


def study_key(replication: ReplicationParams, name: str, seed: int, study: str) -> str:
    """Equal keys mean that a study need not be done again."""
    run, params = replication.runs[name], replication.studies
    assert params is not None
    classifier = replication.runs[replication.classifier_of(name)]
    return sha256_json(
        {
            "run": run_key(run, seed),
            "sampler": run.sampler.values() if run.sampler is not None else None,
            "features": run_key(classifier, 0) if params.features == "classifier" else _inception(replication),
            "how": params.study(study),
            "code": study_code(replication, name, study),
        }
    )


def _inception(replication: ReplicationParams) -> dict[str, Any]:
    asked = replication.evaluation.inception
    assert asked is not None
    return {"protocol": asked.values(), "weights": published_sha256(asked.weights)}


def studies_key(plan: Plan, name: str, seed: int | str) -> str:
    """Changes when one of a run's studies has to be done again, or another one is asked for."""
    asked = studies_of(plan.params, plan.name).asked
    return sha256_json({study: study_key(plan.params, name, int(seed), study) for study in asked})


def studied(plan: Plan) -> list[tuple[str, int]]:
    """Every run and seed whose model is to be studied."""
    params = plan.params.studies
    return [] if params is None else [(name, seed) for name in params.runs for seed in plan.run(name).seeds]


def study_files(plan: Plan) -> Iterator[str]:
    """The measurements that can be made here, or that were adopted: Inception features need the weights at hand."""
    for name, seed in studied(plan):
        if not lacking(plan.params) or not to_study(plan, name, seed):
            yield str(study_path(plan.scale, plan.name, name, seed))


def lacking(replication: ReplicationParams) -> str:
    """Why the studies of a replication cannot be done on this machine, with the mend; empty where they can."""
    inception, params = replication.evaluation.inception, replication.studies
    if params is None or params.features != "inception" or inception is None:
        return ""
    return missing_weights(inception.weights)


def title(name: str, seed: int | str) -> str:
    """What a run's studies are called where they are adopted."""
    return f"studies/{name}-seed{seed}"


def to_study(plan: Plan, name: str, seed: int | str) -> list[str]:
    """What the studies of a run read; nothing where a measurement with the same key was adopted."""
    path = adoption_path(plan.scale, plan.name)
    adopted = read_json(path) if path.exists() else {}
    if adopted.get(title(name, seed)) == studies_key(plan, name, seed):
        return []
    return [plan.provenance(name, seed), plan.provenance(plan.classifier_of(name))]


def chosen(plan: Plan, words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Runs and studies among words, in the order of the parameters; all of either where none is named.

    Raises:
        UserError: a word is neither, or the replication has no studies.
    """
    params = studies_of(plan.params, plan.name)
    for word in words:
        if word in STUDIES and word not in params.asked:
            raise UserError(f"{plan.name} has no study {word!r} at scale {plan.scale}; name it in params.yaml")
        check_choice(f"run or study of {plan.name}", word, (*params.runs, *params.asked))
    runs = [name for name in params.runs if name in words]
    return runs or list(params.runs), [study for study in params.asked if study in words] or list(params.asked)
