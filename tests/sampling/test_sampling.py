import pytest
import torch

from genrep import models
from genrep.data.arrays import DeviceImages
from genrep.sampling import sample, to_uint8
from tests.stubs import Stub

SHAPE = (1, 28, 28)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def shorter(run, **changes):
    """A diffusion run of few steps."""
    return run.model_copy(update={"objective": run.objective.model_copy(update={"steps": 3, **changes})})


@pytest.mark.parametrize(
    ("value_range", "pixels"),
    [((0.0, 1.0), [-0.5, 0.0, 0.4 / 255, 0.6 / 255, 0.5, 1.0, 7.0]), ((-1.0, 1.0), [-2, -1, -0.997, -0.995, 0, 1, 13])],
)
def test_to_uint8_rounds_and_clips(value_range, pixels):
    found = to_uint8(torch.tensor(pixels).view(1, 1, 7), value_range)
    assert found.dtype == torch.uint8
    assert found.tolist() == [[[0, 0, 0, 1, 128, 255, 255]]]


@pytest.mark.parametrize("value_range", [(0.0, 1.0), (-1.0, 1.0)])
def test_to_uint8_undoes_what_training_does_to_pixels(digits, cpu, value_range):
    data = DeviceImages(digits, "test", value_range, cpu)
    images, _ = data.batch(slice(None))
    assert torch.equal(to_uint8(images, value_range), data.pixels)


@pytest.mark.parametrize("name", ["vae-adam", "gan-adam", "diffusion-adam"])
def test_same_generator_same_images(smoke_runs, name):
    run = smoke_runs[name]
    run = shorter(run) if name.startswith("diffusion") else run
    networks = models.build(run.network, SHAPE, 10, seed=0).eval()
    labels = torch.arange(5)

    def draw(seed):
        return sample(networks, run, labels, SHAPE, rng(seed), batch_size=2)

    images = draw(0)
    assert images.shape == (5, *SHAPE)
    assert images.dtype == torch.uint8
    assert torch.equal(images, draw(0))
    assert not torch.equal(images, draw(1))


def test_batches_have_the_size_asked_for_keep_the_order_of_labels_and_record_no_gradient(smoke_runs):
    run = shorter(smoke_runs["diffusion-adam"], steps=1)
    run = run.model_copy(update={"sampler": run.sampler.model_copy(update={"guidance": 0.0})})
    seen = []

    def denoise(_, x, t, labels, keep):
        assert not torch.is_grad_enabled()
        seen.append(labels.tolist())
        return x

    networks = {"denoiser": Stub(denoise)}
    assert len(sample(networks, run, torch.tensor([4, 1, 3, 0, 2]), SHAPE, rng(), batch_size=2)) == 5
    assert seen == [[4, 1], [3, 0], [2]]
