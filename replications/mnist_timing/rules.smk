# What only the replication mnist_timing does: it times epochs.


rule mnist_timing_epoch_times:
    # takes every core: nothing may run beside a timing
    input:
        [ancient(path) for path in plan("mnist_timing").to_time()],
    output:
        f"results/{SCALE}/mnist_timing/measurements/epoch_times.json",
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
