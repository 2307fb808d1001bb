"""Where things are, relative to the root of the repository."""

from pathlib import Path

REPLICATIONS = Path("replications")
RUNS = Path("runs")
RESULTS = Path("results")
SUMMARIES = Path("summaries")


def run_folder(scale: str, replication: str, run: str, seed: int) -> Path:
    """``runs/<scale>/<replication>/<run>/seed<k>``"""
    return RUNS / scale / replication / run / f"seed{seed}"


def results_folder(scale: str, replication: str) -> Path:
    """``results/<scale>/<replication>``"""
    return RESULTS / scale / replication


def measurement_path(scale: str, replication: str, run: str, seed: int) -> Path:
    """``results/<scale>/<replication>/measurements/<run>-seed<k>.json``"""
    return results_folder(scale, replication) / "measurements" / f"{run}-seed{seed}.json"


def real_name(classifier: str, default: str) -> str:
    """What the measurement of a classifier's real images is called: ``real``, or ``real-<run>`` beside the default."""
    return "real" if classifier == default else f"real-{classifier}"


def real_path(scale: str, replication: str, name: str = "real") -> Path:
    """Where a measurement of real images is kept."""
    return results_folder(scale, replication) / "measurements" / f"{name}.json"


def inception_path(measurement: Path) -> Path:
    """Where the Inception metrics beside a native measurement are kept: ``<run>-seed<k>.inception.json``"""
    return measurement.with_suffix(".inception.json")


def epoch_times_path(scale: str, replication: str) -> Path:
    """Where the epoch times are kept."""
    return results_folder(scale, replication) / "measurements" / "epoch_times.json"


def sampling_times_path(scale: str, replication: str) -> Path:
    """Where the sampling times are kept."""
    return results_folder(scale, replication) / "measurements" / "sampling_times.json"


def adoption_path(scale: str, replication: str) -> Path:
    """Which measurements ``genrep adopt`` has vouched for; not committed."""
    return results_folder(scale, replication) / ".adopted.json"


def study_path(scale: str, replication: str, run: str, seed: int) -> Path:
    """``results/<scale>/<replication>/measurements/studies/<run>-seed<k>.json``"""
    return results_folder(scale, replication) / "measurements" / "studies" / f"{run}-seed{seed}.json"
