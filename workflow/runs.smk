# From data to measurements, the same for every replication: one rule per step, one job per run.


rule prepare:
    output:
        "data/prepared/{set}/images.npy",
        "data/prepared/{set}/labels.npy",
        "data/prepared/{set}/card.json",
    log:
        "logs/prepare/{set}.log",
    params:
        key=lambda w: preparation_key(w.set),
    message:
        "Prepare the data set {wildcards.set}"
    shell:
        "genrep data prepare {wildcards.set} > {log} 2>&1"


rule train:
    input:
        # identity is in the key: a checkout or touch of the array trains nothing again
        lambda w: ancient(plan(w.replication).images(w.run)),
    output:
        f"runs/{SCALE}/{{replication}}/{{run}}/seed{{seed}}/weights.safetensors",
        f"runs/{SCALE}/{{replication}}/{{run}}/seed{{seed}}/provenance.json",
    log:
        f"logs/{SCALE}/{{replication}}/train-{{run}}-seed{{seed}}.log",
    threads: lambda w: plan(w.replication).run(w.run).threads
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: plan(w.replication).training_key(w.run, w.seed),
        scale=SCALE,
    message:
        "Train {wildcards.run} of {wildcards.replication}, seed {wildcards.seed} (epochs so far: log.jsonl beside {output[0]})"
    shell:
        "genrep train {wildcards.replication} {wildcards.run} --seed {wildcards.seed} --scale {params.scale} > {log} 2>&1"


rule measure_real:
    input:
        lambda w: plan(w.replication).to_measure_real(plan(w.replication).classifier_named(w.real)),
    output:
        f"results/{SCALE}/{{replication}}/measurements/{{real}}.json",
    log:
        f"logs/{SCALE}/{{replication}}/measure_{{real}}.log",
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: plan(w.replication).training_key(plan(w.replication).classifier_named(w.real), 0),
        code=lambda w: measuring_code(plan(w.replication).params),
        classifier=lambda w: plan(w.replication).classifier_named(w.real),
        scale=SCALE,
    message:
        "Measure the real images of {wildcards.replication} into {wildcards.real}.json"
    shell:
        "genrep measure-real {wildcards.replication} {params.classifier} --only native --scale {params.scale} > {log} 2>&1"


rule evaluate:
    input:
        lambda w: plan(w.replication).to_measure(w.run, w.seed),
        # written together with the statistics that native FID compares with
        lambda w: plan(w.replication).real_of(w.run),
    output:
        f"results/{SCALE}/{{replication}}/measurements/{{run}}-seed{{seed}}.json",
        f"results/{SCALE}/{{replication}}/measurements/{{run}}-seed{{seed}}.npz",
    log:
        f"logs/{SCALE}/{{replication}}/evaluate-{{run}}-seed{{seed}}.log",
    threads: lambda w: plan(w.replication).run(w.run).threads
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: plan(w.replication).measuring_key(w.run, w.seed),
        scale=SCALE,
    message:
        "Sample and measure {wildcards.run} of {wildcards.replication}, seed {wildcards.seed}"
    shell:
        "genrep evaluate {wildcards.replication} {wildcards.run} --seed {wildcards.seed} --only native --scale {params.scale} > {log} 2>&1"


# The two rules for Inception features are in no plan where the weights are not at hand.
rule measure_real_inception:
    input:
        lambda w: [
            ancient(path)
            for path in plan(w.replication).to_measure_real_inception(plan(w.replication).classifier_named(w.real))
        ],
    output:
        f"results/{SCALE}/{{replication}}/measurements/{{real}}.inception.json",
    log:
        f"logs/{SCALE}/{{replication}}/measure_{{real}}_inception.log",
    threads: lambda w: plan(w.replication).run(plan(w.replication).classifier_named(w.real)).threads
    resources:
        gpu=gpus(config["device"]),
        mem_mb=3000,
    params:
        key=lambda w: plan(w.replication).inception_key(plan(w.replication).classifier_named(w.real), 0),
        classifier=lambda w: plan(w.replication).classifier_named(w.real),
        scale=SCALE,
    message:
        "Measure the real images of {wildcards.replication} on Inception features into {wildcards.real}.inception.json"
    shell:
        "genrep measure-real {wildcards.replication} {params.classifier} --only inception --scale {params.scale} > {log} 2>&1"


rule evaluate_inception:
    input:
        lambda w: plan(w.replication).to_measure_inception(w.run, w.seed),
    output:
        f"results/{SCALE}/{{replication}}/measurements/{{run}}-seed{{seed}}.inception.json",
    log:
        f"logs/{SCALE}/{{replication}}/evaluate_inception-{{run}}-seed{{seed}}.log",
    threads: lambda w: plan(w.replication).run(w.run).threads
    resources:
        gpu=gpus(config["device"]),
        mem_mb=3000,
    params:
        key=lambda w: plan(w.replication).inception_key(w.run, w.seed),
        scale=SCALE,
    message:
        "Sample {wildcards.run} of {wildcards.replication}, seed {wildcards.seed}, and measure on Inception features"
    shell:
        "genrep evaluate {wildcards.replication} {wildcards.run} --seed {wildcards.seed} --only inception --scale {params.scale} > {log} 2>&1"


rule time_sampling:
    # takes every core, as the timing of epochs; the networks are untrained, so nothing has to be there before it
    output:
        f"results/{SCALE}/{{replication}}/measurements/sampling_times.json",
    log:
        f"logs/{SCALE}/{{replication}}/sampling_times.log",
    threads: lambda w: workflow.cores
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: plan(w.replication).sampling_times_key(),
        scale=SCALE,
    message:
        "Time sampling of {wildcards.replication}, alone on the machine"
    shell:
        "genrep time-sampling {wildcards.replication} --threads {threads} --scale {params.scale} > {log} 2>&1"


rule time_epochs:
    # takes every core: nothing may run beside a timing
    input:
        lambda w: [ancient(path) for path in plan(w.replication).to_time()],
    output:
        f"results/{SCALE}/{{replication}}/measurements/epoch_times.json",
    log:
        f"logs/{SCALE}/{{replication}}/epoch_times.log",
    threads: lambda w: workflow.cores # looked up late: --unlock and --lint know no cores
    resources:
        gpu=gpus(config["device"]),
    params:
        key=lambda w: plan(w.replication).timing_key(),
        scale=SCALE,
    message:
        "Time epochs of {wildcards.replication}, alone on the machine"
    shell:
        "genrep time {wildcards.replication} --threads {threads} --scale {params.scale} > {log} 2>&1"
