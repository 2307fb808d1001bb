# Tables, figures and verdicts of every replication, from its measurements alone.


def measured(replication):
    """What the results of a replication are computed from."""
    folder = f"results/{SCALE}/{replication}/measurements"
    yield from plan(replication).measurements()
    yield from plan(replication).reals()
    yield from plan(replication).inception()
    yield from study_files(plan(replication))
    if plan(replication).params.timing is not None:
        yield f"{folder}/epoch_times.json"
    if plan(replication).params.sampling_times is not None:
        yield f"{folder}/sampling_times.json"


for NAME in REPLICATIONS:

    rule:
        name:
            f"{NAME}_results"
        input:
            multiext(f"replications/{NAME}/", "published.csv", "claims.yaml", "assumptions.yaml"),
            list(measured(NAME)),
        output:
            *reported(NAME),
            *multiext(f"results/{SCALE}/{NAME}/", "verdicts.json", "metrics.json", "curves.csv", "REPORT.md"),
        log:
            f"logs/{SCALE}/{NAME}/results.log",
        params:
            code=code_hash("genrep.report.results", f"genrep.report.replications.{NAME}"),
            deviations=plan(NAME).params.deviations,
            replication=NAME,
            scale=SCALE,
        message:
            f"Tabulate, draw and judge {NAME}"
        shell:
            "genrep tabulate {params.replication} --scale {params.scale} > {log} 2>&1"

    rule:
        name:
            f"replicate_{NAME}"
        input:
            getattr(rules, f"{NAME}_results").output,
