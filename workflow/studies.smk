# Studies of trained models, where params.yaml asks for any: one job per run.
from genrep.study_plan import studies_key, study_files, to_study


rule study:
    input:
        lambda w: to_study(plan(w.replication), w.run, w.seed),
    output:
        f"results/{SCALE}/{{replication}}/measurements/studies/{{run}}-seed{{seed}}.json",
        f"results/{SCALE}/{{replication}}/measurements/studies/{{run}}-seed{{seed}}.npz",
    log:
        f"logs/{SCALE}/{{replication}}/study-{{run}}-seed{{seed}}.log",
    threads: lambda w: plan(w.replication).run(w.run).threads
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: studies_key(plan(w.replication), w.run, w.seed),
        scale=SCALE,
    message:
        "Study {wildcards.run} of {wildcards.replication}, seed {wildcards.seed}"
    shell:
        "genrep study {wildcards.replication} {wildcards.run} --seed {wildcards.seed} --scale {params.scale} > {log} 2>&1"
