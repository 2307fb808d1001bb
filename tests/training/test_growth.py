"""Progressive growing in the one loop: what networks and images are at each moment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

from genrep.data.arrays import DeviceImages
from genrep.errors import UserError
from genrep.training.loop import Loop
from genrep.training.run import Interrupted, train
from tests.conftest import ROOT


@pytest.fixture
def make(thesis_runs, faces, cpu) -> Callable[..., Loop]:
    """``make(name, **changes)``: a tiny model of the thesis, changed, on drawn faces."""

    def loop(name: str, **changes) -> Loop:
        run = thesis_runs[name].model_copy(update=changes)
        return Loop(run, DeviceImages(faces, "train", run.data.range, cpu), faces.shape, 2, 0, cpu)

    return loop


def noted(loop: Loop, monkeypatch) -> list[tuple[int, float, int, int]]:
    """(resolution of the networks, alpha, images in the batch, their side) of every step from now on."""
    seen: list[tuple[int, float, int, int]] = []
    step = loop._step

    def note(batch):
        state = [network.get_extra_state().tolist() for network in loop.networks.values()]
        assert state[0] == state[1]  # generator and critic
        seen.append((int(state[0][0]), round(state[0][1], 4), len(batch.images), batch.images.shape[2]))
        step(batch)

    monkeypatch.setattr(loop, "_step", note)
    return seen


def test_both_networks_and_the_images_grow_together(make, monkeypatch):
    loop = make("gan")
    seen = noted(loop, monkeypatch)
    records = [loop.epoch() for _ in range(4)]
    first = [(4, 1, 16, 4)] * 2
    fading = [(8, alpha, 8, 8) for alpha in (0, 0.25, 0.5, 0.75)]
    last = [(16, alpha, 8, 16) for alpha in (0, 0.25, 0.5, 0.75, 1, 1, 1, 1)]
    assert seen == first + fading + last
    assert [record.images_seen for record in records] == [32, 64, 96, 128]


def test_images_of_a_lower_resolution_are_means(make, faces, cpu):
    loop = make("gan")
    rows = torch.arange(5)
    images, _ = loop.data.batch(rows)
    for seen, side in ((0, 4), (32, 8), (64, 16)):
        found = loop._batch(rows, loop.schedule.at(seen))
        torch.testing.assert_close(found.images, F.avg_pool2d(images, 16 // side))


def test_earlier_layers_keep_training_and_later_ones_wait(make):
    loop = make("gan")
    generator = loop.networks["generator"]
    groups = {"base": generator.base, "8": generator.blocks[0], "16": generator.blocks[1]}

    def changed(before):
        return {
            name
            for name, module in groups.items()
            if any(not torch.equal(a, b) for a, b in zip(before[name], module.parameters(), strict=True))
        }

    trained = []
    for _ in range(3):
        before = {name: [w.detach().clone() for w in module.parameters()] for name, module in groups.items()}
        loop.epoch()
        trained.append(changed(before))
    assert trained == [{"base"}, {"base", "8"}, {"base", "8", "16"}]


def test_the_average_that_is_sampled_grows_too(make):
    loop = make("gan", ema=0.5)
    loop.epoch()
    loop.epoch()
    average = loop.sampling_networks()["generator"]
    assert average is not loop.networks["generator"]
    assert average(torch.zeros(1, 5)).shape[2] == 8


def test_without_a_growth_the_whole_network_trains_from_the_start(make, monkeypatch):
    loop = make("gan", growth=())
    seen = noted(loop, monkeypatch)
    loop.epoch()
    assert seen == [(16, 1, 8, 16)] * 4


def test_growth_of_networks_that_do_not_grow_is_refused(make, thesis_runs):
    with pytest.raises(UserError, match="growth: the networks of unet do not grow; leave it out"):
        make("diffusion", growth=thesis_runs["gan"].growth, epochs=4)


# -- a run on disk ----------------------------------------------------------------------------------------------------


def test_interrupted_in_the_middle_of_a_fade_it_resumes_to_the_same_bits(tmp_path, monkeypatch, thesis_runs, faces):
    run = thesis_runs["gan"]
    train(tmp_path / "whole", "gan", run, 0, faces, "cpu")
    step, steps = Loop._step, 0

    def stop_half_way(self, batch):
        nonlocal steps
        steps += 1
        if steps == 9:  # the third of four steps at 16x16 while it fades in
            assert self.networks["generator"].fading
            os.kill(os.getpid(), signal.SIGINT)
        step(self, batch)

    monkeypatch.setattr(Loop, "_step", stop_half_way)
    with pytest.raises(Interrupted):
        train(tmp_path / "parts", "gan", run, 0, faces, "cpu")
    saved = torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)["state"]
    assert saved["networks"]["generator._extra_state"].tolist() == [16, 0.5]
    train(tmp_path / "parts", "gan", run, 0, faces, "cpu")
    whole, parts = (load_file(tmp_path / folder / "weights.safetensors") for folder in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_killed_in_the_middle_of_a_fade_it_goes_on_from_the_last_checkpoint_to_the_same_bits(
    tmp_path, thesis_runs, faces
):
    run = thesis_runs["gan"]
    faces.save(tmp_path / "images")
    (tmp_path / "run.json").write_text(run.model_dump_json())
    command = [sys.executable, "-m", "tests.training.killed", str(tmp_path), "10"]
    assert subprocess.run(command, cwd=ROOT).returncode == -signal.SIGKILL
    saved = torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)["state"]
    assert saved["networks"]["generator._extra_state"].tolist() == [16, 0.25]  # two steps before the kill
    assert not (tmp_path / "parts" / "weights.safetensors").exists()
    train(tmp_path / "parts", "gan", run, 0, faces, "cpu")
    train(tmp_path / "whole", "gan", run, 0, faces, "cpu")
    whole, parts = (load_file(tmp_path / folder / "weights.safetensors") for folder in ("whole", "parts"))
    assert whole.keys() == parts.keys()
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_checkpoint_of_another_growth_is_refused(tmp_path, monkeypatch, thesis_runs, faces):
    run = thesis_runs["gan"]
    step = Loop._step

    def stop_at_once(self, batch):
        os.kill(os.getpid(), signal.SIGINT)
        step(self, batch)

    monkeypatch.setattr(Loop, "_step", stop_at_once)
    with pytest.raises(Interrupted):
        train(tmp_path, "gan", run, 0, faces, "cpu")
    monkeypatch.undo()
    slower = (run.growth[0], run.growth[1].model_copy(update={"fade": 0}), run.growth[2])
    with pytest.raises(UserError, match=r"params\.growth was .* is now .*restore them to go on with it, or delete it"):
        train(tmp_path, "gan", run.model_copy(update={"growth": slower}), 0, faces, "cpu")


def test_snapshots_of_every_resolution_can_be_sampled(tmp_path, thesis_runs, faces, cpu):
    from genrep.sampling import sample
    from genrep.training.folder import load_networks

    run = thesis_runs["gan"].model_copy(update={"snapshots": "all"})
    train(tmp_path, "gan", run, 0, faces, "cpu")
    labels, rng = torch.zeros(3, dtype=torch.int64), torch.Generator()
    for epoch, side in ((1, 4), (2, 8), (4, 16)):
        networks = load_networks(tmp_path, run, faces, epoch, cpu)
        assert networks["generator"].depth == side.bit_length() - 3
        images = sample(networks, run, labels, faces.shape, rng.manual_seed(0))
        assert images.shape == (3, *faces.shape)  # enlarged: one value per tile
        tiles = images.view(3, 3, side, 16 // side, side, 16 // side)
        assert torch.equal(tiles, tiles[:, :, :, :1, :, :1].expand_as(tiles))


def test_a_trained_vae_is_saved_with_what_improved_sampling_needs(tmp_path, thesis_runs, faces):
    train(tmp_path, "vae", thesis_runs["vae"], 0, faces, "cpu")
    snapshot = load_file(tmp_path / "snapshots" / "epoch0002.safetensors")
    assert snapshot["posterior.factor"].any()
    assert snapshot["posterior.mean"][1].min() > 0  # deviations
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert set(log[0]["losses"]) == {"loss", "reconstruction", "kl"}


def test_a_moving_average_is_what_is_saved(tmp_path, thesis_runs, faces):
    run = thesis_runs["diffusion"]
    train(tmp_path / "with", "diffusion", run, 0, faces, "cpu")
    plain = run.model_copy(update={"ema": None, "ema_warm_up": False})
    train(tmp_path / "without", "diffusion", plain, 0, faces, "cpu")
    one, other = (load_file(tmp_path / folder / "weights.safetensors") for folder in ("with", "without"))
    assert not torch.equal(one["denoiser.stem.weight"], other["denoiser.stem.weight"])
