# Replication mnist_timing: epoch times, then tables, figures and verdicts.
FOLDER = f"results/{SCALE}/mnist_timing"
DATA_FILES = multiext("replications/mnist_timing/", "published.csv", "claims.yaml", "assumptions.yaml")


rule mnist_timing_epoch_times:
    # takes every core: nothing may run beside a timing
    input:
        [ancient(path) for path in plan("mnist_timing").to_time()],
    output:
        f"{FOLDER}/measurements/epoch_times.json",
    log:
        f"logs/{SCALE}/mnist_timing/epoch_times.log",
    threads: lambda w: workflow.cores # looked up late: --unlock and --lint know no cores
    resources:
        gpu=gpus(config["device"]),
    params:
        key=plan("mnist_timing").timing_key(),
        scale=SCALE,
    message:
        "Time epochs, alone on the machine"
    shell:
        "genrep time mnist_timing --threads {threads} --scale {params.scale} > {log} 2>&1"


rule mnist_timing_results:
    input:
        DATA_FILES,
        plan("mnist_timing").measurements(),
        f"{FOLDER}/measurements/real.json",
        f"{FOLDER}/measurements/epoch_times.json",
    output:
        *reported("mnist_timing"),
        f"{FOLDER}/verdicts.json",
        f"{FOLDER}/metrics.json",
        f"{FOLDER}/curves.csv",
        f"{FOLDER}/REPORT.md",
    log:
        f"logs/{SCALE}/mnist_timing/results.log",
    params:
        code=code_hash("genrep.report.results", "genrep.report.mnist_timing"),
        deviations=plan("mnist_timing").params.deviations,
        scale=SCALE,
    message:
        "Tabulate, draw and judge mnist_timing"
    shell:
        "genrep tabulate mnist_timing --scale {params.scale} > {log} 2>&1"


rule replicate_mnist_timing:
    input:
        rules.mnist_timing_results.output,
