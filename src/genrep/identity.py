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
from genrep.params.samplers import SamplerParams
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


def measuring_code(replication: ReplicationParams, name: str | None = None) -> str:
    """Hash of the code that measures images and, given a run's name, samples and probes it."""
    modules = [f"genrep.metrics.extra.{extra}" for extra in replication.evaluation.extra]
    if name is not None:
        modules += _samplers(replication, name)
        modules += [f"genrep.metrics.probes.{probe}" for probe in replication.evaluation.probes]
        if "encoder" in replication.runs[name].keep:
            modules += ["genrep.metrics.bound"]
    return code_identity("genrep.metrics.measure", *modules)


def _samplers(replication: ReplicationParams, name: str | None) -> list[str]:
    return [] if name is None else _sampler(replication.runs[name]) + _module(replication.also_of(name))


def _sampler(run: RunParams | None) -> list[str]:
    return [] if run is None else _module(run.sampler)


def _module(sampler: SamplerParams | None) -> list[str]:
    return [] if sampler is None else [f"genrep.sampling.{sampler.kind}"]


def measurement_identity(replication: ReplicationParams, name: str) -> dict[str, Any]:
    """How a run is sampled and measured, apart from the code and the trained models."""
    run = replication.runs[name]
    model = replication.model_of(name)

    def own(by_model: dict[str, Any]) -> dict[str, Any]:
        return {model: by_model[model]} if model in by_model else {}

    # what is asked of other models is no part of it
    evaluation = replication.evaluation
    protocol = evaluation.model_copy(
        update={
            "classifier": replication.classifier_of(name),
            "classifier_of": {},
            "looked_at": own(evaluation.looked_at),
            "also": own(evaluation.also),
        }
    )
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
            "code": measuring_code(replication, name),
        }
    )


def inception_code(replication: ReplicationParams, name: str | None = None) -> str:
    """Hash of the code that measures images on Inception features and, given a run's name, samples it."""
    return code_identity("genrep.metrics.measure_inception", *_samplers(replication, name))


def sampling_code(run: RunParams) -> str:
    """Hash of the code that decides which samples a trained model gives."""
    return code_identity("genrep.sampling", *_sampler(run))


def sampling_identity(run: RunParams) -> dict[str, Any]:
    """What decides how long a run's networks take to give a sample, and how large they are."""
    sampler = run.sampler.values() if run.sampler is not None else None
    code = code_identity(f"genrep.models.{run.network.kind}", "genrep.sampling.timing", *_sampler(run))
    identity = {"network": run.network.values(), "objective": run.objective.values(), "precision": run.precision}
    return {"identity": identity | {"sampler": sampler, "set": run.data.set}, "code": code}


def sampling_times_key(replication: ReplicationParams) -> str:
    """Equal keys mean that sampling need not be timed again."""
    how = replication.sampling_times
    assert how is not None
    runs = {name: sampling_identity(replication.runs[name]) for name in how.runs}
    return sha256_json({"runs": runs, "how": how.values()})


def feature_code() -> str:
    """Hash of the code that computes Inception features."""
    return code_identity("genrep.metrics.inception")


def inception_identity(replication: ReplicationParams, name: str) -> dict[str, Any]:
    """How a run is sampled and measured on Inception features, apart from the code and the trained model."""
    run, evaluation = replication.runs[name], replication.evaluation
    assert evaluation.inception is not None
    also, looked_at = replication.also_of(name), replication.looked_at(name)
    return {
        "protocol": evaluation.inception.values(),
        "weights": published_sha256(evaluation.inception.weights),
        "seed": evaluation.seed,
        "sampler": run.sampler.values() if run.sampler is not None else None,
        **({} if also is None else {"also": also.values()}),
        **({"looked_at": list(looked_at)} if looked_at else {}),
    }


def inception_key(replication: ReplicationParams, name: str, seed: int) -> str:
    """Equal keys mean that nothing needs to be measured again; of real images for the classifier's run."""
    run = replication.runs[name]
    code = inception_code(replication, name)
    key = {"how": inception_identity(replication, name), "code": code}
    trained = data_set(run.data.set).key if run.sampler is None else run_key(run, seed)
    return sha256_json(key | {"images": trained})
