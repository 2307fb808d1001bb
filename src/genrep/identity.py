"""What makes a trained model, and a measurement, the one it is: parameters, seed, data and code.

Snakemake takes these keys as rule parameters, so that a run is trained again exactly when its key changes. Nothing
here imports torch: planning a workflow must be quick.
"""

from typing import Any

from genrep.codehash import code_identity
from genrep.data.catalogue import data_set
from genrep.files import sha256_json
from genrep.params import EvaluationParams, ReplicationParams, RunParams
from genrep.params.training import AuxiliaryObjectiveParams


def training_code(run: RunParams) -> str:
    """Hash of the code that decides a trained model: the loop, and the network and objective it is given."""
    objective = run.objective
    game = (f"genrep.objectives.{objective.game.kind}",) if isinstance(objective, AuxiliaryObjectiveParams) else ()
    return code_identity(
        "genrep.training.loop", f"genrep.models.{run.network.kind}", f"genrep.objectives.{objective.kind}", *game
    )


def run_identity(run: RunParams, seed: int, data_identity: str | None) -> dict[str, Any]:
    """What makes a trained model the one it is, apart from the code."""
    return {"params": run.training_values(), "seed": seed, "data": data_identity}


def run_key(run: RunParams, seed: int) -> str:
    """Equal keys mean that nothing needs to be trained again."""
    identity = run_identity(run, seed, data_set(run.data.set).key)
    return sha256_json(identity | {"code": training_code(run)})


def measuring_code(evaluation: EvaluationParams, run: RunParams | None = None) -> str:
    """Hash of the code that measures images and, given a run, samples and probes it."""
    modules = [f"genrep.metrics.extra.{name}" for name in evaluation.extra]
    if run is not None and run.sampler is not None:
        modules += [f"genrep.sampling.{run.sampler.kind}"]
        modules += [f"genrep.metrics.probes.{name}" for name in evaluation.probes]
    return code_identity("genrep.metrics.measure", *modules)


def measurement_identity(replication: ReplicationParams, name: str) -> dict[str, Any]:
    """How a run is sampled and measured, apart from the code and the trained models."""
    run = replication.runs[name]
    # other models' classifiers are no part of it
    protocol = replication.evaluation.model_copy(
        update={"classifier": replication.classifier_of(name), "classifier_of": {}}
    )
    return {
        "protocol": protocol.values(),
        "sampler": run.sampler.values() if run.sampler is not None else None,
        "snapshots": list(run.snapshot_epochs()),
    }


def measurement_key(replication: ReplicationParams, name: str, seed: int) -> str:
    """Equal keys mean that nothing needs to be sampled or measured again."""
    run = replication.runs[name]
    classifier = replication.runs[replication.classifier_of(name)]
    return sha256_json(
        {
            "run": run_key(run, seed),
            "classifier": run_key(classifier, 0),
            "how": measurement_identity(replication, name),
            "code": measuring_code(replication.evaluation, run),
        }
    )
