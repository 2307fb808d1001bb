"""Studies of trained runs on disk: what is written, kept, blanked and refused."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from genrep.data.arrays import ImageSet
from genrep.data.prepare import prepare
from genrep.errors import UserError
from genrep.files import read_json, write_json
from genrep.layout import run_folder, study_path
from genrep.params import load
from genrep.report.study_metrics import study_of
from genrep.studies import files
from genrep.studies.abilities import NotPossible
from genrep.studies.found import Found, Tiles
from genrep.studies.opening import trained_on
from genrep.studies.run import study_run, study_runs
from genrep.study_plan import chosen, studied, studies_key, to_study
from genrep.training.run import train
from genrep.workflow import Plan
from tests.conftest import ROOT

NAME, RUNS = "mnist_timing", ("vae-adam", "gan-adam", "diffusion-adam")
STUDIES = {
    "runs": list(RUNS),
    "images": 2,
    "seed": 1,
    "search": {"starts": 2, "steps": 3, "lr": 0.1},
    "improved_sampling": {"samples": 70, "draws": 2},
    "forward": {"moments": 3},
    "embedding": {"steps": 8, "dimensions": 4},
    "recovery": {},
    "encode_decode": {},
    "noise_denoise": {"depths": [4, 1]},
    "neighbours": {"samples": [20], "queries": 8},
    "interpolation": {"frames": 3},
    "opposite": {"frames": 3},
    "diffusion_interpolation": {"depths": [0, 2], "frames": 3},
    "inpainting": {"region": "middle"},
    "concept": {"attribute": 1, "examples": 20, "region": "upper"},
    "scribble": {"attribute": 1, "examples": 20, "depths": [3, 1], "region": "upper", "keep": "lower"},
    "effort": {},
}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the shipped digits and four runs of an epoch or two, of which the parameters are a copy."""
    folder = tmp_path_factory.mktemp("workspace")
    params = load(ROOT / "params.yaml")
    smoke = params[NAME]["smoke"]
    smoke["studies"] = STUDIES
    smoke["runs"]["diffusion"] |= {"network": {"features": 8}, "objective": {"steps": 5}}
    for model in smoke["runs"].values():
        model |= {"epochs": 1, "batch_size": 200, "snapshots": []}
    smoke["precision"] = "fp32"
    write_json(folder / "params.yaml", params)  # JSON is YAML
    (folder / "data").mkdir()
    (folder / "data" / "reduced").symlink_to(ROOT / "data" / "reduced")
    (folder / "replications").symlink_to(ROOT / "replications")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        images = prepare("mnist-reduced")
        plan = Plan(load(), NAME, "smoke")
        for run in (*RUNS, "classifier"):
            train(run_folder("smoke", NAME, run, 0), run, plan.run(run), 0, images, "cpu")
    return folder


@pytest.fixture
def workspace(trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(trained)
    return trained


def edited(change: dict) -> Plan:
    """The plan with other studies' parameters."""
    params = load()
    params[NAME]["smoke"]["studies"] = STUDIES | change
    return Plan(params, NAME, "smoke")


def study(plan: Plan, run: str, *words: str) -> dict:
    """Do studies and read what was written."""
    study_run(plan, run, 0, chosen(plan, words)[1], "cpu")
    return read_json(study_path("smoke", NAME, run, 0))


@pytest.mark.parametrize(
    ("run", "impossible"),
    [
        ("vae-adam", {"forward", "embedding", "noise_denoise", "diffusion_interpolation", "scribble"}),
        (
            "gan-adam",
            {
                *("improved_sampling", "forward", "embedding", "encode_decode"),
                *("noise_denoise", "diffusion_interpolation", "scribble"),
            },
        ),
        (
            "diffusion-adam",
            {"improved_sampling", "recovery", "encode_decode", "interpolation", "opposite", "concept"},
        ),
    ],
)
def test_every_study_of_every_model(workspace, run, impossible):
    plan = edited({})
    record = study(plan, run)
    assert set(record["studies"]) == set(STUDIES) - {"runs", "images", "seed", "search"}
    found = {name for name, part in record["studies"].items() if "not_possible" in part}
    assert impossible <= found <= impossible | {"concept"}  # no sample of a new GAN may be a one
    assert all("has no " in record["studies"][name]["not_possible"] for name in impossible)
    for name in set(record["studies"]) - found:
        assert record["studies"][name]["metrics"], name
        assert {study_of(m["name"]) for m in record["studies"][name]["metrics"]} == {name}
    assert record["provenance"] == read_json(run_folder("smoke", NAME, run, 0) / "provenance.json")
    assert record["seen"] == (run == "vae-adam")  # it alone is trained on all digits
    assert record["how"]["neighbours"] == {"images": 2, "seed": 1, "search": STUDIES["search"]} | {
        "neighbours": {"samples": [20], "queries": 8}
    }
    with np.load(study_path("smoke", NAME, run, 0).with_suffix(".npz")) as arrays:
        for name, part in record["studies"].items():
            for tile, labels in part["tiles"].items():
                shape = arrays[f"{name}/tiles/{tile}"].shape
                assert arrays[f"{name}/real/{tile}"].shape == shape[:2]
                assert len(labels["rows"]) in (0, shape[0])
                assert len(labels["columns"]) in (0, shape[1])
        assert arrays["neighbours/tiles/near_pixels"].any()


def test_again_gives_the_same_and_does_nothing(workspace, monkeypatch):
    plan = edited({})
    first = study(plan, "vae-adam")
    monkeypatch.setattr("genrep.studies.run._do", lambda *_: pytest.fail("done again"))
    assert study(plan, "vae-adam")["studies"] == first["studies"]


def test_an_edit_has_its_own_study_done_again(workspace, monkeypatch):
    study(edited({}), "vae-adam")
    done = []
    original = files.write_part
    monkeypatch.setattr("genrep.studies.run.write_part", lambda f, s, *rest: done.append(s) or original(f, s, *rest))
    changed = edited({"interpolation": {"frames": 4}})
    record = study(changed, "vae-adam")
    assert done == ["interpolation"]
    assert record["how"]["interpolation"]["interpolation"] == {"frames": 4}
    assert studies_key(changed, "vae-adam", 0) != studies_key(edited({}), "vae-adam", 0)


def test_fresh_studies_give_the_same_numbers(workspace):
    plan, folder = edited({}), run_folder("smoke", NAME, "gan-adam", 0)
    names = ["recovery", "opposite", "inpainting"]
    records = []
    for _ in range(2):
        shutil.rmtree(folder / "studies", ignore_errors=True)
        study_run(plan, "gan-adam", 0, names, "cpu")
        parts = [read_json(files.part_path(folder, name)) for name in names]
        timeless = [[m for m in part["metrics"] if not m["name"].startswith("seconds")] for part in parts]
        records.append((timeless, [files.read_arrays(folder, name) for name in names]))
    assert records[0][0] == records[1][0]
    for one, other in zip(records[0][1], records[1][1], strict=True):
        assert all(np.array_equal(one[key], other[key]) for key in one)


def test_part_of_the_studies_is_kept_and_writes_no_measurement(workspace):
    plan, path = edited({"seed": 5}), study_path("smoke", NAME, "diffusion-adam", 0)
    path.unlink(missing_ok=True)
    said: list[str] = []
    study_run(plan, "diffusion-adam", 0, ["forward", "effort"], "cpu", said.append)
    assert not path.exists()
    assert said[0].startswith(
        "diffusion-adam seed 0: kept forward, effort; the measurement waits for improved_sampling"
    )
    assert study_run(plan, "diffusion-adam", 0, ["recovery"], "cpu") == {
        "recovery": "diffusion-adam has no decoder: no latent vector stands for its image"
    }


def test_a_named_study_passes_over_models_without_the_ability(workspace):
    """Unless such a model was named too, or there is no other."""
    plan, said = edited({"seed": 8}), list[str]()
    study_runs(plan, ("noise_denoise",), None, "cpu", said.append)
    kept = files.part_path(run_folder("smoke", NAME, "diffusion-adam", 0), "noise_denoise")
    assert read_json(kept)["metrics"]
    assert "noise_denoise: passed over, vae-adam has no denoiser: it cannot take noise out of an image" in said
    study_runs(plan, ("effort", "gan-adam"), 0, "cpu", said.append)
    with pytest.raises(NotPossible, match="noise_denoise: gan-adam has no denoiser"):
        study_runs(plan, ("noise_denoise", "gan-adam"), None, "cpu")
    two = edited({"seed": 8, "runs": ["vae-adam", "gan-adam"]})
    with pytest.raises(NotPossible, match=r"noise_denoise: vae-adam has no denoiser: .*; gan-adam has no denoiser"):
        study_runs(two, ("noise_denoise",), None, "cpu")


def test_images_that_a_run_was_not_trained_on_are_refused(workspace):
    folder = run_folder("smoke", NAME, "gan-adam", 0)
    images = prepare("mnist-reduced")
    trained_on(folder, images)
    other = ImageSet(images.images[:, :20, :20], images.labels, images.card | {"identity": "other"})
    with pytest.raises(UserError, match=r"images of mnist-reduced, 20x20, are not those of .* that .*gan-adam"):
        trained_on(folder, other)


def test_mistakes_are_one_line_and_leave_nothing(workspace):
    path = run_folder("smoke", NAME, "vae-adam", 0) / "studies" / "inpainting.json"
    plan = edited({"inpainting": {"region": "eye"}})
    path.unlink(missing_ok=True)
    with pytest.raises(UserError, match="region: mnist-reduced has no region 'eye'"):
        study_run(plan, "vae-adam", 0, ["inpainting"], "cpu")
    assert not path.exists()
    with pytest.raises(UserError, match="holds no finished run; run: genrep train mnist_timing vae-adam --seed 7"):
        study_run(plan, "vae-adam", 7, ["effort"], "cpu")


def test_a_diverged_run_is_a_result(workspace):
    plan, folder = edited({"seed": 6}), run_folder("smoke", NAME, "vae-adam", 0)
    provenance = read_json(folder / "provenance.json")
    write_json(folder / "provenance.json", provenance | {"status": "diverged: loss is NaN"})
    try:
        record = study(plan, "vae-adam")
    finally:
        write_json(folder / "provenance.json", provenance)
    assert record["studies"]["recovery"]["not_possible"] == "the training of vae-adam diverged: loss is NaN"


def test_words_choose_runs_and_studies(workspace):
    plan = edited({})
    everything = [name for name in STUDIES if name not in ("runs", "images", "seed", "search")]
    assert chosen(plan, ()) == (list(RUNS), everything)
    assert chosen(plan, ("recovery", "gan-adam", "forward")) == (["gan-adam"], ["forward", "recovery"])
    with pytest.raises(UserError, match=r"run or study of mnist_timing: 'recovry' is not one of .*mean 'recovery'"):
        chosen(plan, ("recovry",))
    with pytest.raises(UserError, match=r"mnist_timing has no study 'opposite' at scale smoke; name it in params.yaml"):
        chosen(edited({"opposite": None}), ("opposite",))
    with pytest.raises(UserError, match=r"mnist_timing has no studies: params\.yaml has no studies block"):
        chosen(Plan(load(ROOT / "params.yaml"), NAME, "smoke"), ())
    assert studied(plan) == [(run, 0) for run in RUNS]
    assert studied(Plan(load(ROOT / "params.yaml"), NAME, "smoke")) == []


def test_adopted_studies_read_nothing(workspace):
    plan = edited({})
    assert [Path(path).parent.parent.name for path in to_study(plan, "gan-adam", 0)] == ["gan-adam", "classifier"]
    adopted = Path("results/smoke/mnist_timing/.adopted.json")
    write_json(adopted, {"studies/gan-adam-seed0": studies_key(plan, "gan-adam", 0)})
    assert to_study(plan, "gan-adam", 0) == []
    adopted.unlink()


# -- files ------------------------------------------------------------------------------------------------------------


def parts(folder: Path) -> dict:
    tiles = Tiles(np.full((1, 2, 3, 4, 4), 200, np.uint8), columns=["real", "drawn"], real=np.array([[True, False]]))
    files.write_part(folder, "recovery", "k", Found([], {"shown": tiles}, {"x": np.arange(3)}), 1.0)
    record = files.read_part(folder, "recovery", "k")
    assert record is not None
    return {"studies": {"recovery": record}}


@pytest.mark.parametrize(("name", "left"), [("mnist", 200), ("celeba-64-10k", 0)])
def test_real_tiles_reach_a_measurement_only_where_they_may(tmp_path, name, left):
    files.write_measurement(tmp_path / "out" / "run.json", parts(tmp_path), tmp_path, name)
    with np.load(tmp_path / "out" / "run.npz") as arrays:
        assert (arrays["recovery/tiles/shown"][0, 0] == left).all()
        assert (arrays["recovery/tiles/shown"][0, 1] == 200).all()
        assert arrays["recovery/real/shown"].tolist() == [[True, False]]
        assert arrays["recovery/arrays/x"].tolist() == [0, 1, 2]
    assert (files.read_arrays(tmp_path, "recovery")["tiles/shown"] == 200).all()  # in the run's own folder


def test_what_was_kept_under_another_key_or_half_is_not_read(tmp_path):
    parts(tmp_path)
    assert files.read_part(tmp_path, "recovery", "other") is None
    assert files.read_part(tmp_path, "forward", "k") is None
    (tmp_path / "studies" / "recovery.npz").unlink()
    assert files.read_part(tmp_path, "recovery", "k") is None
