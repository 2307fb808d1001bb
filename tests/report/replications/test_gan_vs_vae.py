"""The report of ``gan_vs_vae`` from invented measurements: Table 1, the parts of the bounds, figures, and claims."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from genrep.files import read_json, write_json
from genrep.params import ReplicationParams, load, resolve
from genrep.report import claims as claims_module
from genrep.report.cells import read_published
from genrep.report.claims import read_claims
from genrep.report.figures import book
from genrep.report.figures.style import theme
from genrep.report.measurements import Measurements
from genrep.report.replications import gan_vs_vae
from genrep.report.replications.gan_vs_vae_figures import makers
from genrep.report.results import judged_cells
from genrep.report.verdicts import Verdict
from tests.report.conftest import ROOT, Maker
from tests.report.test_figures import words

NAME = "gan_vs_vae"
SHAPES = {"mnist": (1, 28, 28), "celeba": (3, 64, 64), "imagenet": (3, 64, 64)}


@pytest.fixture(autouse=True)
def in_the_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


@pytest.fixture
def params() -> ReplicationParams:
    return resolve(load(ROOT / "params.yaml"), NAME, "full")


def invent(folder: Path, params: ReplicationParams) -> Measurements:
    """Every model, each seed of it over its whole length; the VAE on MNIST has the published bound after epoch 5."""
    maker, rng = Maker(folder, params), np.random.default_rng(0)
    for name, run in params.runs.items():
        if run.sampler is None:
            continue
        epochs = np.array(run.snapshot_epochs())
        better = 1 - np.log(epochs) / 10
        for seed in run.seeds:
            curves = {
                "fid": 100 * better,
                "legible_share": 1 - better,
                "sharpness": 0.1 + 0 * better,
                "diversity": better,
            }
            curves["inception_score"] = 5 - better
            if name.startswith("vae"):
                bound = (-157.4 if name == "vae_mnist" else -6400.0) + np.log(epochs / 5) + 0.1 * seed
                curves |= {f"elbo/{s}": bound for s in ("train", "test")}
                curves |= {f"log_likelihood/{s}": bound + 6 for s in ("train", "test")}
                curves |= {f"kl/{s}": 6 + 0 * bound for s in ("train", "test")}
                curves |= {f"log_likelihood_limit/{s}": bound + 100 for s in ("train", "test")}
                curves |= {f"reconstruction_error/{s}": -bound / 5000 for s in ("train", "test")}
                losses = {"loss": 158.0, "reconstruction": 152.0, "kl": 6.0}
                curves["sharpness"] = 0.01 + 0 * better
            else:
                losses = {"discriminator": 0.6, "discriminator_real": 0.5, "discriminator_fake": 0.7, "generator": 0.9}
            log = [{"epoch": e + 1, "losses": {k: v + 0.01 * e for k, v in losses.items()}} for e in range(run.epochs)]
            maker.run(name, seed, {k: list(map(float, v)) for k, v in curves.items()}, log=log)
            renumber(folder / "measurements" / f"{name}-seed{seed}.json", epochs)
            shape = SHAPES[name.split("_")[1]]
            grids = {f"grid_{epoch}": (100, *shape) for epoch in params.looked_at(name)}
            kept = {"rows": (len(epochs), 10, *shape), "grid": (100, *shape), **grids}
            if name == "vae_mnist":
                kept |= {"originals": (10, *shape), "reconstructions": (len(epochs), 10, *shape)}
            drawn = {key: rng.integers(0, 256, size, dtype=np.uint8) for key, size in kept.items()}
            np.savez(folder / "measurements" / f"{name}-seed{seed}.npz", epochs=epochs, **drawn)
    return maker.open()


def renumber(path: Path, epochs: np.ndarray) -> None:
    """Give the snapshots of a measurement the epochs that they should have."""
    record = read_json(path)
    for snapshot, epoch in zip(record["snapshots"], epochs.tolist(), strict=True):
        snapshot["epoch"] = epoch
    write_json(path, record)


@pytest.fixture
def measured(tmp_path: Path, params: ReplicationParams) -> Measurements:
    return invent(tmp_path, params)


def test_table_1_has_the_published_values_beside_ours(measured: Measurements) -> None:
    published = read_published(ROOT / "replications" / NAME)
    table = gan_vs_vae.tables(measured, published)["table_1"]
    assert list(table["model"] + " " + table["training set"]) == ["GAN MNIST", "VAE MNIST", "GAN CelebA", "VAE CelebA"]
    assert list(table["FID, published"]) == ["175", "-", "120.23", "-"]
    assert list(table["ELBO, published"]) == ["-", "-157.4", "-", "6327.64"]
    assert table["ELBO, ours"][1].startswith("-157.3 [")  # the mean over three seeds, after epoch 5
    assert table["ELBO, ours"][3].startswith("6398")  # the negative, after epoch 50
    assert list(table["FID, ours"]) == ["-"] * 4  # no Inception weights
    assert all(value != "-" for value in table["native FID, ours"])


def test_parts_of_a_bound_add_up_at_every_snapshot(measured: Measurements) -> None:
    table = gan_vs_vae.bounds(measured)
    mnist = table[table["model"] == "vae_mnist"]
    assert list(mnist["epoch"]) == list(measured.params.runs["vae_mnist"].snapshot_epochs())
    for split in ("train", "test"):
        total = mnist[f"-log p(x|z), {split}"] + mnist[f"KL, {split}"]
        assert np.allclose(total, mnist[f"loss, {split}"])
        assert (mnist[f"least that can be, {split}"] < mnist[f"-log p(x|z), {split}"]).all()
    at_5 = mnist[mnist["epoch"] == 5].iloc[0]
    assert at_5["loss, train"] == pytest.approx(157.3)
    assert at_5["loss printed in training"] == pytest.approx(158.04)


def test_cells_are_read_at_their_epochs_and_with_their_signs(measured: Measurements) -> None:
    cells = judged_cells(read_published(ROOT / "replications" / NAME), measured, "full").set_index("cell")
    mnist, celeba = cells.loc["table1-vae-mnist-elbo"], cells.loc["table1-vae-celeba-elbo"]
    assert mnist["reproduced"] == pytest.approx(-157.3)
    assert mnist["verdict"] == Verdict.REPLICATED
    assert celeba["reproduced"] == pytest.approx(6400 - np.log(10), rel=1e-5)
    assert celeba["verdict"] == Verdict.NOT_REPLICATED
    for cell in ("table1-gan-mnist-fid", "table1-gan-celeba-fid"):
        assert cells.loc[cell, "verdict"] == Verdict.NOT_RUN
        assert "genrep data fetch inception" in cells.loc[cell, "reason"]


def test_a_bound_on_other_images_says_how_much_of_it_is_theirs_alone(tmp_path: Path) -> None:
    smoke = resolve(load(ROOT / "params.yaml"), NAME, "smoke")
    cells = judged_cells(read_published(ROOT / "replications" / NAME), invent(tmp_path, smoke), "smoke")
    reason = cells.set_index("cell").loc["table1-vae-celeba-elbo", "reason"]
    least = 6400 - np.log(4 / 5) - 100  # as invented
    assert f"below {least:.5g} nats, the entropy of their grey values" in reason
    assert "6327.64 is published, with a tolerance of abs 31" in reason


def test_every_claim_but_those_on_inception_is_decided(measured: Measurements, tmp_path: Path) -> None:
    for name in ("real", "real-classifier_celeba", "real-classifier_imagenet"):
        real(tmp_path / "measurements" / f"{name}.json")
    measurements = Measurements(tmp_path, measured.params)
    found = {c.id: claims_module.judge(c, measurements, "full") for c in read_claims(ROOT / "replications" / NAME)}
    on_inception = {"G1i", "G2i", "G4i", "G5"}
    assert {i for i, judgement in found.items() if judgement.verdict == Verdict.NOT_RUN} == on_inception
    assert all("genrep data fetch inception" in found[i].reason for i in on_inception)
    assert found["G3"].verdict == Verdict.REPLICATED
    assert found["G4a"].verdict == Verdict.REPLICATED  # the invented loss rises
    assert found["G6"].verdict == Verdict.REPLICATED
    assert found["G6b"].verdict == Verdict.NOT_REPLICATED  # it rises while the images get better


def real(path: Path) -> None:
    values = {"legible_share": 0.9, "sharpness": 0.2, "fid": 3.0}
    metrics = [
        {"id": name, "name": name, "n": n, "value": value, "ci_low": value, "ci_high": value}
        for name, value in values.items()
        for n in (500, 2000)
    ]
    write_json(path, {"snapshots": [{"epoch": None, "metrics": metrics}]})


def test_figures_show_the_stated_epochs_and_every_one_has_a_caption(measured: Measurements) -> None:
    with theme():
        said = {name: words(figure) for name, figure in book.figures(makers(measured, []))}
    captions = {path.stem for path in (ROOT / "replications" / NAME / "report").glob("figure_*.rst")}
    assert set(said) == captions
    empty = {name for name, text in said.items() if "nothing to draw" in text}
    assert empty == {"figure_reconstructions_celeba"}
    assert "may not be passed on" in said["figure_reconstructions_celeba"]
    assert "test images epoch 1" in said["figure_reconstructions_mnist"]
    for name, epochs in {
        "figure_2_mnist_gan": (5, 10, 15, 50),
        "figure_3_mnist_vae": (1, 5),
        "figure_4_celeba_gan": (10, 100),
        "figure_5_celeba_vae": (50,),
    }.items():
        assert all(f"after epoch {epoch}" in said[name] for epoch in epochs), name
    assert "published, without its sign" in said["figure_elbo"]
    assert "KL divergence" in said["figure_vae_losses"]
    for data in ("MNIST", "CelebA", "ImageNet-64"):
        assert f"Quality on {data} over epochs" in said[f"figure_quality_{data.partition('-')[0].lower()}"]


def test_figures_of_shorter_runs_say_so(tmp_path: Path) -> None:
    smoke = resolve(load(ROOT / "params.yaml"), NAME, "smoke")
    with theme():
        said = {name: words(figure) for name, figure in book.figures(makers(invent(tmp_path, smoke), []))}
    assert "after epoch 10" in said["figure_2_mnist_gan"]
    assert "not trained to epoch 50" in said["figure_2_mnist_gan"]
    assert "GAN on reduced MNIST" in said["figure_2_mnist_gan"]
    assert "GAN on drawn scenes" in said["figure_imagenet_gan"]
    assert "seed" not in said["figure_elbo"]  # with one there is no band
    assert "after epoch 4 not trained to epoch 50" in said["figure_5_celeba_vae"]


def test_without_measurements_every_figure_says_so(tmp_path: Path, params: ReplicationParams) -> None:
    unmeasured = Measurements(tmp_path, params)
    with theme():
        said = [words(figure) for _, figure in book.figures(makers(unmeasured, []))]
    assert all("nothing to draw" in text for text in said)
    tables = gan_vs_vae.tables(unmeasured, read_published(ROOT / "replications" / NAME))
    assert set(tables["table_1"]["native FID, ours"]) == {"-"}
    assert isinstance(tables["table_elbo"], pd.DataFrame)
