# Sweeps over the readings of a replication's assumptions, from the same runs and measurements; none is part of `all`.


for NAME in REPLICATIONS:
    for SWEEP in plan(NAME).sweeps:
        FOLDER = f"results/{SCALE}/{NAME}/sweep_{SWEEP}"

        rule:
            name:
                f"{NAME}_sweep_{SWEEP.replace('-', '_')}"
            input:
                multiext(f"replications/{NAME}/", "published.csv", "assumptions.yaml"),
                plan(NAME).swept(SWEEP),
            output:
                multiext(f"{FOLDER}/", "table_readings.csv", "table_readings.md", "REPORT.md"),
                *(
                    report(
                        f"{FOLDER}/{shown}",
                        caption="sweep.rst",
                        category=NAME,
                        subcategory="Sweeps",
                        labels={"sweep": SWEEP, "shows": shown.split(".")[0].replace("_", " ")},
                    )
                    for shown in ("table_readings.html", "figure_readings.png", "figure_over_epochs.png")
                ),
            log:
                f"logs/{SCALE}/{NAME}/sweep_{SWEEP}.log",
            params:
                code=code_hash("genrep.report.sweeps"),
                deviations=plan(NAME).params.deviations,
                replication=NAME,
                scale=SCALE,
                sweep=SWEEP,
            message:
                f"Tabulate and draw the readings of {SWEEP} of {NAME}"
            shell:
                "genrep sweep {params.replication} {params.sweep} --no-run --scale {params.scale} > {log} 2>&1"

    rule:
        name:
            f"sweep_{NAME}"
        input:
            [getattr(rules, f"{NAME}_sweep_{one.replace('-', '_')}").output for one in plan(NAME).sweeps],
