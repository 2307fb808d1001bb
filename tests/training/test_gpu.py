"""Training on a GPU against training on a CPU: what the device must not change."""

import pytest
import torch

from genrep.data.arrays import DeviceImages
from genrep.devices import claimed
from genrep.errors import UserError
from genrep.files import read_json
from genrep.objectives import Batch
from genrep.training.folder import load_networks
from genrep.training.loop import Loop
from genrep.training.run import train

pytestmark = pytest.mark.gpu


@pytest.fixture
def gpu() -> torch.device:
    return torch.device("cuda", 0)


def loop_on(device, run, images, **changes) -> Loop:
    run = run.model_copy(update=changes)
    data = DeviceImages(images, "train", run.data.range, device)
    return Loop(run, data, images.shape, images.card["classes"], 0, device)


def test_a_step_has_the_gradients_of_the_cpu(smoke_runs, digits, cpu, gpu):
    """The same weights, images and order; convolutions round to TF32 on a GPU."""
    found = []
    for device in (cpu, gpu):
        loop = loop_on(device, smoke_runs["classifier"], digits)
        loop.networks.eval()  # dropout draws from the device's own stream
        loop._step(Batch(*loop.data.batch(slice(0, 64))))
        found.append(torch.cat([w.grad.flatten().cpu() for w in loop.networks.parameters()]))
    expected, ours = found
    assert (ours - expected).norm() < 0.01 * expected.norm()


@pytest.mark.parametrize("name", ["vae", "gan", "diffusion"])
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_epochs_have_about_the_losses_of_the_cpu(thesis_runs, faces, cpu, gpu, name, precision):
    """Noise is drawn on the device, so that losses agree as those of two seeds do."""
    run = thesis_runs[name]
    own, other = (loop_on(device, run, faces, precision=precision).epoch().losses for device in (cpu, gpu))
    assert own.keys() == other.keys()
    first = next(iter(own))
    assert other[first] == pytest.approx(own[first], rel=0.3, abs=0.3)


@pytest.mark.parametrize("name", ["vae", "diffusion"])
def test_compiled_models_train_as_eager_ones(thesis_runs, faces, gpu, name):
    eager, compiled = (loop_on(gpu, thesis_runs[name], faces, compile=on) for on in (False, True))
    assert compiled.epoch().losses["loss"] == pytest.approx(eager.epoch().losses["loss"], rel=1e-2)


def test_a_run_trained_on_a_gpu_samples_anywhere(tmp_path, smoke_runs, digits, cpu, gpu):
    run = smoke_runs["vae-adam"].model_copy(update={"epochs": 1, "precision": "auto", "snapshots": (1,)})
    train(tmp_path, "vae", run, 0, digits, "cuda")
    record = read_json(tmp_path / "provenance.json")
    assert record["segments"][0]["device"] == "cuda"
    z = torch.zeros(1, run.network.latent)
    images = []
    for device in (cpu, gpu):
        decoder = load_networks(tmp_path, run, digits, None, device)["decoder"]
        with torch.inference_mode():
            images.append(decoder(z.to(device)).sigmoid().cpu())
    torch.testing.assert_close(*images, rtol=0.01, atol=0.01)


def test_every_gpu_is_taken_once(gpu):
    count = torch.cuda.device_count()
    held = [claimed("cuda") for _ in range(count)]
    taken = [claim.__enter__() for claim in held]
    try:
        assert len(set(taken)) == count
        with pytest.raises(UserError, match=f"all {count} GPUs are in use"), claimed("cuda"):
            pass
    finally:
        for claim in held:
            claim.__exit__(None, None, None)
