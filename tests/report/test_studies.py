"""Reading studies: numbers by model and n, differences image by image, tiles with and without what may be shown."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genrep.errors import UserError
from genrep.files import write_json
from genrep.params import ReplicationParams, load, resolve
from genrep.report.estimates import NotMeasured
from genrep.report.measurements import Measurements
from genrep.report.studies import Studies, difference, ratio
from genrep.report.study_metrics import study_of
from genrep.studies.found import over, single
from tests.report.conftest import ROOT

STUDIES = {
    "runs": ["vae-adam", "gan-adam", "diffusion-adam"],
    "images": 3,
    "seed": 0,
    "search": {"starts": 2, "steps": 5, "lr": 0.1},
    "recovery": {},
    "encode_decode": {},
    "noise_denoise": {"depths": [1]},
    "neighbours": {"samples": [10]},
    "interpolation": {"frames": 3},
    "diffusion_interpolation": {"depths": [0], "frames": 3},
    "inpainting": {},
    "effort": {},
}


class Maker:
    """Writes studies into a results folder laid out as in the repository."""

    def __init__(self, root: Path, data_set: str = "mnist", scale: str = "full"):
        self.root, self.data_set = root, data_set
        self.folder = root / "results" / scale / "mnist_timing"
        params = load(ROOT / "params.yaml")
        params["mnist_timing"]["full"]["studies"] = STUDIES
        self.params: ReplicationParams = resolve(params, "mnist_timing", "full")

    def study(
        self,
        run: str,
        metrics: list[dict[str, Any]],
        seed: int = 0,
        not_possible: dict[str, str] | None = None,
        tiles: dict[str, tuple[np.ndarray, np.ndarray]] | None = None,
        **record: Any,
    ) -> None:
        """One run: metrics go to the studies that they come from."""
        parts: dict[str, Any] = {
            name: {"key": f"key of {name}", "metrics": [], "tiles": {}, "notes": []}
            for name in self.params.studies.asked
        }
        for metric in metrics:
            parts[study_of(metric["name"]) or ""]["metrics"].append(metric)
        for name, reason in (not_possible or {}).items():
            parts[name]["not_possible"] = reason
        arrays = {}
        for place, (images, real) in (tiles or {}).items():
            study, _, name = place.partition("/")
            rows = [f"row {k}" for k in range(images.shape[0])]
            parts[study]["tiles"][name] = {"rows": rows, "columns": []}
            arrays |= {f"{study}/tiles/{name}": images, f"{study}/real/{name}": real}
        path = self.folder / "measurements" / "studies" / f"{run}-seed{seed}.json"
        found = {
            "run": run,
            "model": run.split("-")[0],
            "seed": seed,
            "data": self.data_set,
            "seen": False,
            "evaluation": {"device": "cuda", "device_name": "a chip"},
            "provenance": {"weights": "w"},
            "how": {},
            "code": {},
            "classifier": "c",
            "studies": parts,
        }
        write_json(path, found | record)
        np.savez_compressed(path.with_suffix(".npz"), **arrays)

    def open(self) -> Measurements:
        return Measurements(self.folder, self.params)

    def studies(self) -> Studies:
        return self.open().studies


@pytest.fixture
def maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Maker:
    monkeypatch.chdir(tmp_path)
    return Maker(Path())


def test_numbers_by_model_at_the_largest_common_n(maker):
    few, many = (
        over("nearest_sample/features", np.array([v, v + 1]), n=n, paired=False) for n, v in ((10, 5), (99, 3))
    )
    maker.study("gan-adam", [few, many])
    maker.study("diffusion-adam", [over("nearest_sample/features", np.array([8.0, 9]), n=10, paired=False)])
    studies = maker.studies()
    assert studies.estimate("gan", "nearest_sample/features").value == 3.5
    names = [("gan", "nearest_sample/features"), ("diffusion", "nearest_sample/features")]
    assert [entries[0]["value"] for entries in studies.at_common_n(names)] == [5.5, 8.5]
    assert studies.machine["device_name"] == "a chip"


def test_what_is_missing_is_said_with_its_reason(maker):
    maker.study("gan-adam", [single("statements", 3)], not_possible={"encode_decode": "gan-adam has no encoder"})
    studies = maker.studies()
    for model, metric, message in (
        ("gan", "encode_decode_mae", "gan-adam: encode_decode_mae has not been measured; gan-adam has no encoder"),
        ("vae", "recovery_mae", "vae-adam: not studied"),
        ("classifier", "recovery_mae", "params.yaml asks for no studies of classifier"),
        ("gan", "scribble_score/t=5", "scribble was not asked for"),
        ("gan", "nonsense", "it was not asked for"),
    ):
        with pytest.raises(NotMeasured, match=message):
            studies.estimate(model, metric)
    assert studies.reason("gan", "encode_decode") == "gan-adam has no encoder"
    assert studies.reason("gan", "recovery") == ""


def test_families_are_sorted_by_their_number(maker):
    metrics = [single(f"denoised_mae/t={t}", t) for t in (100, 25, 300)]
    maker.study("diffusion-adam", [*metrics, single("denoised_relative", 1.0)])
    assert list(maker.studies().family("diffusion", "denoised_mae/t=")) == [25, 100, 300]
    with pytest.raises(NotMeasured, match="diffusion-adam: scribble_score/t= has not been measured"):
        maker.studies().family("diffusion", "scribble_score/t=")


def test_differences_are_taken_image_by_image(maker):
    a, b = np.array([1.0, 5, 9]), np.array([1.1, 5.2, 9.1])
    found = difference([over("x", a)], [over("x", b)])
    d = b - a
    assert found.value == pytest.approx(d.mean())
    assert found.margin == pytest.approx(4.30265 * d.std(ddof=1) / 3**0.5, rel=1e-4)
    apart = difference([over("x", a, paired=False)], [over("x", b, paired=False)])
    assert apart.value == pytest.approx(d.mean(), rel=1e-4)
    assert apart.margin > 50 * found.margin
    seeds = difference([over("x", a), over("x", a + 1)], [over("x", b)])
    assert seeds.value == pytest.approx((b - a - 0.5).mean())
    assert seeds.n_seeds == 1


def test_ratios_add_relative_errors():
    a, b = (single("x", v, bounds=(v - m, v + m)) for v, m in ((6.0, 0.6), (2.0, 0.1)))
    found = ratio([a], [b])
    assert found.value == 3
    assert found.margin == pytest.approx(3 * (0.1**2 + 0.05**2) ** 0.5)


@pytest.fixture
def tiles() -> tuple[np.ndarray, np.ndarray]:
    return np.full((1, 2, 1, 4, 4), 200, np.uint8), np.array([[True, False]])


def test_tiles_come_from_the_measurement_or_whole_from_the_run(maker, tiles):
    images, real = tiles
    blanked = images.copy()
    blanked[real] = 0
    maker.study("vae-adam", [], tiles={"recovery/recovered": (blanked, real)})
    found = maker.studies().tiles("vae", "recovery", "recovered")
    assert (found.images == blanked).all()
    assert not maker.studies().whole("vae", "recovery")
    kept = Path("runs/full/mnist_timing/vae-adam/seed0/studies")
    write_json(kept / "recovery.json", {"key": "of another time"})
    np.savez(kept / "recovery.npz", **{"tiles/recovered": images, "real/recovered": real})
    assert not maker.studies().whole("vae", "recovery")
    write_json(kept / "recovery.json", {"key": "key of recovery"})
    assert maker.studies().whole("vae", "recovery")
    assert (maker.studies().tiles("vae", "recovery", "recovered").images == images).all()
    with pytest.raises(NotMeasured, match="vae-adam: recovery has no tiles 'other'"):
        maker.studies().tiles("vae", "recovery", "other")


def test_damage_is_named(maker):
    maker.study("vae-adam", [], tiles={"recovery/recovered": (np.zeros((1, 1, 1, 2, 2), np.uint8), np.ones((1, 1)))})
    path = maker.folder / "measurements/studies/vae-adam-seed0.npz"
    path.write_bytes(b"no archive")
    with pytest.raises(UserError, match=r"vae-adam-seed0\.npz is damaged; restore it with git, or study again"):
        maker.studies().tiles("vae", "recovery", "recovered")
    path.unlink()
    with pytest.raises(UserError, match=r"vae-adam-seed0\.npz is missing"):
        maker.studies().tiles("vae", "recovery", "recovered")
    path.with_suffix(".json").write_text(json.dumps([1]))
    with pytest.raises(UserError, match=r"vae-adam-seed0\.json is damaged"):
        maker.studies().estimate("vae", "recovery_mae")


@pytest.mark.parametrize(
    ("metric", "study"),
    [
        ("recovery_mae", "recovery"),
        ("remoteness", "neighbours"),
        ("remoteness/linear", "interpolation"),
        ("remoteness/t=50", "diffusion_interpolation"),
        ("remoteness/t=", "diffusion_interpolation"),
        ("path_length/t=0/mixed before noising", "diffusion_interpolation"),
        ("scribble_score/t=300", "scribble"),
        ("seconds_per_image/sampling", "neighbours"),
        ("recovery_mea", None),
    ],
)
def test_every_metric_is_known_by_its_study(metric, study):
    assert study_of(metric) == study
