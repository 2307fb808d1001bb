"""The page's interface: what it answers, and what it says to bad input."""

import io
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from starlette.testclient import TestClient

from genrep import models
from genrep.explore.app import BODY, make_app, png
from genrep.explore.runs import find_runs
from genrep.training.checkpoint import load_weights
from tests.explore.conftest import RUNS, run_id


def client_here() -> TestClient:
    return TestClient(make_app(*find_runs()), base_url="http://127.0.0.1:8765")


@pytest.fixture
def client(workspace) -> TestClient:
    return client_here()


def decode(client: TestClient, name: str, z, **more):
    return client.post("/api/decode", json={"run": run_id(name), "z": z} | more)


def pixels(response) -> np.ndarray:
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "image/png"
    return np.array(Image.open(io.BytesIO(response.content)))


def test_runs_are_listed(client):
    found = client.get("/api/runs").json()
    assert [run["id"] for run in found["runs"]] == [run_id(name) for name in sorted(RUNS)]
    assert {run["latent"] for run in found["runs"]} == {2, 5, 100}
    assert (found["skipped"], found["report"]) == ([], False)


def test_a_model_describes_itself(client):
    vae, acgan, faces = (client.get("/api/model", params={"run": run_id(n)}).json() for n in ("vae", "acgan", "faces"))
    assert (vae["kind"], vae["latent"], vae["deviation"], vae["points"]) == ("VAE", 2, 1.0, True)
    assert (vae["classes"], vae["attributes"], vae["epochs"]) == ([], [], [1, 2])
    assert (acgan["kind"], acgan["deviation"], acgan["points"]) == ("GAN", 0.5, False)
    assert acgan["classes"] == [str(digit) for digit in range(10)]
    assert (faces["attributes"], len(faces["classes"])) == (["Male", "Smiling"], 4)
    assert faces["points"] is False  # its data are not prepared here


def test_decoding_is_what_the_networks_do(client, workspace):
    z = [[0.5, -1.0], [0.0, 0.25]]
    found = pixels(decode(client, "vae", z))
    networks = models.build(RUNS["vae"].network, (1, 28, 28), 10, seed=0)
    load_weights(workspace / "runs" / run_id("vae") / "weights.safetensors", networks)
    expected = networks["decoder"].eval()(torch.tensor(z)).sigmoid() * 255
    assert np.abs(found - np.concatenate(list(expected[:, 0].detach().numpy()), axis=1)).max() <= 0.51


def test_class_epoch_and_latent_all_change_the_image(client):
    z, other = [[0.3] * 100], [[0.3] * 99 + [-0.9]]
    images = [
        pixels(decode(client, "acgan", z, labels=[3])),
        pixels(decode(client, "acgan", z, labels=[4])),
        pixels(decode(client, "acgan", z, labels=[3], epoch=1)),
        pixels(decode(client, "acgan", other, labels=[3])),
    ]
    assert len({image.tobytes() for image in images}) == len(images)
    again = pixels(decode(client, "acgan", z, labels=[3], epoch=2))
    assert np.array_equal(again, images[0])  # the last snapshot is the end


def test_one_class_for_all_or_one_each(client):
    z = [[0.3] * 100] * 2
    same = pixels(decode(client, "acgan", z, labels=[3]))
    each = pixels(decode(client, "acgan", z, labels=[3, 4]))
    assert np.array_equal(same[:, :28], same[:, 28:])
    assert np.array_equal(each[:, :28], same[:, :28])
    assert not np.array_equal(each[:, :28], each[:, 28:])


def test_colour_images_come_in_colour(client):
    assert pixels(decode(client, "faces", [[0.0] * 5], labels=[2])).shape == (64, 64, 3)


def test_points_are_latent_means_of_held_out_digits(client):
    found = client.get("/api/points", params={"run": run_id("vae")}).json()
    assert np.array(found["points"]).shape == (500, 2)
    assert sorted(set(found["labels"])) == list(range(10))


def test_directions_are_orthogonal_and_move_the_first_layer_most(client, workspace):
    found = np.array(client.get("/api/directions", params={"run": run_id("acgan")}).json()["directions"])
    assert found.shape == (8, 100)
    assert found @ found.T == pytest.approx(np.eye(8), abs=1e-4)
    weights = load_file(workspace / "runs" / run_id("acgan") / "weights.safetensors")
    first = next(w for name, w in weights.items() if name.startswith("generator.layers.0.weight")).numpy()
    gains = np.linalg.norm(first @ found.T, axis=0)
    assert (np.diff(gains) <= 1e-4).all()
    random = np.random.default_rng(0).normal(size=(100, 50))
    assert gains[0] > np.linalg.norm(first @ (random / np.linalg.norm(random, axis=0)), axis=0).max()


def test_directions_leave_the_class_out(client):
    found = client.get("/api/directions", params={"run": run_id("faces")}).json()["directions"]
    assert {len(direction) for direction in found} == {5}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("vae", {"z": [[0.0, 0.0, 0.0]]}, "a latent of smoke/char74k_cifar10/vae/seed0 has 2 numbers, got 3"),
        ("vae", {"z": [[0.0, 0.0], [0.0]]}, "a latent of smoke/char74k_cifar10/vae/seed0 has 2 numbers, got 1"),
        ("vae", {"z": []}, "1 to 256 latents at once, got 0"),
        ("vae", {"z": [[0.0, 0.0]] * 257}, "1 to 256 latents at once, got 257"),
        ("vae", {"z": [[1e39, 0.0]]}, "a latent must be of finite numbers"),
        ("vae", {"z": [["far", 0.0]]}, "z.0.0: Input should be a valid number"),
        ("vae", {"z": "far"}, "z: Input should be a valid array"),
        ("acgan", {"labels": [10]}, "class 10 is not one of 0 to 9"),
        ("acgan", {"labels": [-1]}, "class -1 is not one of 0 to 9"),
        ("acgan", {"labels": [0, 1]}, "one class for all or one for each of 1 latents, got 2"),
        ("acgan", {"labels": []}, "labels: List should have at least 1 item"),
        ("faces", {"z": [[0.0] * 5], "labels": [4]}, "class 4 is not one of 0 to 3"),
        ("vae", {"z": [[0.0, 0.0]], "epoch": 7}, "epoch 7 was not kept; snapshots: 1, 2"),
        ("vae", {"z": [[0.0, 0.0]], "seed": 7}, "seed: Extra inputs are not permitted"),
    ],
)
def test_bad_input_is_one_line(client, name, change, message):
    found = client.post("/api/decode", json={"run": run_id(name), "z": [[0.0] * 100]} | change)
    assert found.status_code == 422
    assert found.json()["error"].startswith(message)
    assert "\n" not in found.json()["error"]


def test_bad_json_and_large_requests_are_refused(client):
    broken = client.post("/api/decode", content=b"{")
    assert (broken.status_code, broken.json()["error"][:12]) == (422, "Invalid JSON")
    large = client.post("/api/decode", content=b" " * (BODY + 1))
    assert (large.status_code, large.json()["error"]) == (422, "a request may have 1,048,576 bytes")
    assert client.get("/api/decode").status_code == 405


@pytest.mark.parametrize("path", ["model", "points", "directions"])
def test_an_unknown_run_is_not_there(client, path):
    for run in (None, "smoke/char74k_cifar10/vae/seed9", "../../etc/passwd"):
        found = client.get(f"/api/{path}", params={"run": run} if run else {})
        assert found.status_code == 404
        assert "reload the page" in found.json()["error"]


def test_points_where_there_is_no_plane_are_refused(client):
    found = client.get("/api/points", params={"run": run_id("acgan")})
    assert found.status_code == 422
    assert "has no points" in found.json()["error"]


def test_only_this_machine_may_ask(workspace):
    app = make_app(*find_runs())
    assert TestClient(app, base_url="http://example.org").get("/api/runs").status_code == 400
    assert TestClient(app, base_url="http://localhost:1234").get("/api/runs").status_code == 200


def test_the_page_and_all_its_files_are_local(client):
    page = client.get("/")
    assert page.status_code == 200
    assets = ("style.css", "app.js", "api.js", "plane.js", "paint.js")
    for text in (page.text, *(client.get(f"/static/{name}").text for name in assets)):
        assert text
        assert "http://" not in text
        assert "https://" not in text
    assert client.get("/static/../app.py").status_code == 404


def test_reports_are_linked_where_they_are(client, workspace, tmp_path, monkeypatch):
    assert client.get("/report").status_code == 404
    shutil.copytree(workspace / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    claims = Path("results/smoke/char74k_cifar10/claims.html")
    claims.parent.mkdir(parents=True)
    claims.write_text("<table>the claims</table>")
    Path("report.html").write_text("<p>the report</p>")
    here = client_here()
    assert here.get("/api/runs").json()["report"] is True
    assert here.get("/api/model", params={"run": run_id("vae")}).json()["report"] is True
    assert "the claims" in here.get("/report", params={"run": run_id("vae")}).text
    assert "the report" in here.get("/report").text


def test_weights_that_change_after_they_were_listed_are_one_line_with_the_mend(workspace, tmp_path, monkeypatch):
    shutil.copytree(workspace / "runs", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    here = client_here()
    weights = tmp_path / "runs" / run_id("vae") / "weights.safetensors"
    tensors = load_file(weights)
    save_file({name.replace("mean", "centre"): tensor for name, tensor in tensors.items()}, weights)
    (tmp_path / "runs" / run_id("acgan") / "weights.safetensors").write_bytes(b"no weights")
    for name, what in (("vae", "is trained by another version"), ("acgan", "is damaged")):
        found = here.get("/api/model", params={"run": run_id(name)})
        assert found.status_code == 422
        assert what in found.json()["error"]
        assert f"train it again: genrep train char74k_cifar10 {name}" in found.json()["error"]
        assert "\n" not in found.json()["error"]
    assert here.get("/api/model", params={"run": run_id("cvae")}).status_code == 200  # the others still open


def test_a_picture_is_a_row_of_images():
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    row = np.array(Image.open(io.BytesIO(png(images))))
    assert np.array_equal(row[:, :2], images[0].transpose(1, 2, 0))
    assert np.array_equal(row[:, 2:], images[1].transpose(1, 2, 0))
