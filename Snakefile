# The workflow: data -> runs -> measurements -> tables, figures and verdicts. What may be edited is in params.yaml.
from snakemake.utils import min_version

min_version("9.27")


configfile: "params.yaml"


# Definition: containers/Containerfile. Ignored unless --sdm apptainer is given.
container: "docker://ghcr.io/genrep/genrep:0.1.0"


report: "workflow/report.rst"


include: "workflow/common.smk"
include: "workflow/runs.smk"
include: "workflow/studies.smk"
include: "workflow/results.smk"
include: "workflow/sweeps.smk"


rule replicate_all:
    default_target: True
    input:
        [getattr(rules, f"replicate_{name}").input for name in REPLICATIONS],
