"""What only the replication ``thesis`` has: Tables 6.1 to 6.3, the scores of section 6.10, and its figures."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from genrep.report.estimates import Estimate
from genrep.report.measurements import Measurements
from genrep.report.replications.thesis_studies import STUDY_FIGURES as STUDY_FIGURES
from genrep.report.replications.thesis_studies import STUDY_MODELS as STUDY_MODELS
from genrep.report.sampling_times import efficiency, of_model, parameters, sampling_flops, sampling_seconds
from genrep.report.tables import or_missing, rounded, run_table, shown

METRICS = ("fid", "legible_share", "sharpness")
MODELS = ("vae", "gan", "diffusion")


def tables(measurements: Measurements, published: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables 6.1, 6.2 and 6.3, the landscapes of 6.10, and every run with its native metrics."""
    printed = published.set_index("cell")["value"]
    return {
        "table_6_1": realism(measurements, printed),
        "table_6_2": sampling(measurements, printed),
        "table_6_3": parameter_efficiency(measurements, printed),
        "table_6_10": landscapes(measurements, printed),
        "table_runs": run_table(measurements, METRICS),
    }


def realism(measurements: Measurements, printed: pd.Series) -> pd.DataFrame:
    """Table 6.1: IS and FID of the thesis's Inception network, and native FID beside them, at one n for all models."""
    n = _shared_n(measurements, MODELS)
    return pd.DataFrame(
        [
            {
                "model": model,
                "IS, published": printed[f"table6.1-is-{model}"],
                "IS, ours": shown(_final(measurements, model, "inception_score/inception")),
                "FID, published": printed[f"table6.1-fid-{model}"],
                "FID, ours": shown(_final(measurements, model, "fid/inception")),
                "native FID, ours": shown(_final(measurements, model, "fid", n)),
                "n of native FID": n or "-",
            }
            for model in MODELS
        ]
    )


def sampling(measurements: Measurements, printed: pd.Series) -> pd.DataFrame:
    """Table 6.2: seconds of a batch, over those of the GAN, and the same ratio of arithmetic."""
    rows = []
    gan, gan_flops = (or_missing(term, measurements, "gan") for term in (sampling_seconds, sampling_flops))
    for model in MODELS:
        ours, flops = (or_missing(term, measurements, model) for term in (sampling_seconds, sampling_flops))
        timing = or_missing(of_model, measurements, model)
        seconds = printed[f"table6.2-seconds-{model}"]
        rows.append(
            {
                "model": model,
                "published (s)": seconds,
                "over GAN, published": rounded(seconds / printed["table6.2-seconds-gan"]),
                "ours (s)": shown(ours),
                "over GAN, ours": _ratio(ours, gan),
                "arithmetic over GAN": _ratio(flops, gan_flops),
                "passes": f"{timing['timed_steps']} of {timing['steps']} timed" if timing else "-",
            }
        )
    return pd.DataFrame(rows)


def parameter_efficiency(measurements: Measurements, printed: pd.Series) -> pd.DataFrame:
    """Table 6.3: parameters as printed and as they are, and 1 / (FID x parameters) from the published FID."""
    rows = []
    for model in MODELS:
        leaves, whole = (or_missing(parameters, measurements, model, which) for which in ("leaves", ""))
        fid = printed[f"table6.1-fid-{model}"]
        rows.append(
            {
                "model": model,
                "parameters, published": f"{printed[f'table6.3-parameters-{model}']:,.0f}",
                "ours, counted as printed": f"{leaves.value:,.0f}" if leaves else "-",
                "ours, all": f"{whole.value:,.0f}" if whole else "-",
                "FID, published": fid,
                "efficiency, published (1e-9)": printed[f"table6.3-efficiency-{model}"],
                "recomputed (1e-9)": shown(or_missing(efficiency, measurements, model, f"fid={fid}")),
            }
        )
    return pd.DataFrame(rows)


def landscapes(measurements: Measurements, printed: pd.Series) -> pd.DataFrame:
    """The FID under the landscape samples of section 6.10."""
    n = _shared_n(measurements, [f"{model}_landscapes" for model in MODELS])
    return pd.DataFrame(
        [
            {
                "model": model,
                "FID, published": printed[f"section6.10-fid-{model}"],
                "FID, ours": shown(_final(measurements, f"{model}_landscapes", "fid/inception")),
                "native FID, ours": shown(_final(measurements, f"{model}_landscapes", "fid", n)),
                "n of native FID": n or "-",
            }
            for model in MODELS
        ]
    )


def _final(measurements: Measurements, model: str, metric: str, n: int | None = None) -> Estimate | None:
    """A metric after the last epoch, at the largest sample count where none is given."""

    def find() -> Estimate:
        count = n or measurements.common_n(model, metric=metric)
        return measurements.final(measurements.best_run(model), metric, count)

    return or_missing(find)


def _shared_n(measurements: Measurements, models: Sequence[str]) -> int | None:
    """The largest sample count that all of the models that were run have: FIDs of different counts do not compare."""
    there = [model for model in models if model in measurements.best]
    return or_missing(measurements.common_n, *there) if there else None


def _ratio(over: Estimate | None, under: Estimate | None) -> float | None:
    return rounded(over.value / under.value) if over and under else None


def figures(measurements: Measurements, notes: list[str]) -> Any:
    """Sample grids, training graphs and quality; by name, to be drawn by genrep.report.figures."""
    from genrep.report.replications.thesis_figures import makers

    return makers(measurements, notes)
