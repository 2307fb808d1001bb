"""What makes a trained model, and a measurement, the one it is: parameters, seed, data and code.

Snakemake takes these keys as rule parameters, so that a run is trained again exactly when its key changes. Nothing
here imports torch: planning a workflow must be quick.
"""

from typing import Any

from genrep.codehash import code_identity
from genrep.data.catalogue import data_set
from genrep.data.weight_files import published_sha256
from genrep.files import sha256_json
from genrep.params import ReplicationParams, RunParams
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


def measuring_code(run: RunParams | None = None) -> str:
    """Hash of the code that measures images and, given a run, samples it."""
    bound = ["genrep.metrics.bound"] if run is not None and "encoder" in run.keep else []
    return code_identity("genrep.metrics.measure", *_sampler(run), *bound)


def _sampler(run: RunParams | None) -> list[str]:
    return [f"genrep.sampling.{run.sampler.kind}"] if run is not None and run.sampler is not None else []


def measurement_identity(replication: ReplicationParams, name: str) -> dict[str, Any]:
    """How a run is sampled and measured, apart from the code and the trained models."""
    run = replication.runs[name]
    # what is asked of other models is no part of it
    own = {"classifier": replication.classifier_of(name), "classifier_of": {}}
    looked_at = {replication.model_of(name): replication.looked_at(name)} if replication.looked_at(name) else {}
    protocol = replication.evaluation.model_copy(update=own | {"looked_at": looked_at})
    return {
        "protocol": protocol.native_values(),
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
            "code": measuring_code(run),
        }
    )


def inception_code(run: RunParams | None = None) -> str:
    """Hash of the code that measures images on Inception features and, given a run, samples it."""
    return code_identity("genrep.metrics.measure_inception", *_sampler(run))


def sampling_code(run: RunParams) -> str:
    """Hash of the code that decides which samples a trained model gives."""
    return code_identity("genrep.sampling", *_sampler(run))


def feature_code() -> str:
    """Hash of the code that computes Inception features."""
    return code_identity("genrep.metrics.inception")


def inception_identity(replication: ReplicationParams, name: str) -> dict[str, Any]:
    """How a run is sampled and measured on Inception features, apart from the code and the trained model."""
    run, evaluation = replication.runs[name], replication.evaluation
    assert evaluation.inception is not None
    return {
        "protocol": evaluation.inception.values(),
        "weights": published_sha256(evaluation.inception.weights),
        "seed": evaluation.seed,
        "sampler": run.sampler.values() if run.sampler is not None else None,
    } | ({"looked_at": list(replication.looked_at(name))} if replication.looked_at(name) else {})


def inception_key(replication: ReplicationParams, name: str, seed: int) -> str:
    """Equal keys mean that nothing needs to be measured again; of real images for the classifier's run."""
    run = replication.runs[name]
    key = {"how": inception_identity(replication, name), "code": inception_code(run)}
    trained = data_set(run.data.set).key if run.sampler is None else run_key(run, seed)
    return sha256_json(key | {"images": trained})
