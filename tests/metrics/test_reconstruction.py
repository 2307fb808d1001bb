import numpy as np
import pytest
import torch
from torch import nn

from genrep.metrics.reconstruction import reconstructions, squared_error
from tests.stubs import Stub


def networks(decoded: float) -> nn.ModuleDict:
    """Whatever the image, a constant comes back."""
    shape = (-1, 1, 2, 2)
    decoder = Stub(lambda weight, z: (weight * decoded).expand(len(z), 1, 2, 2), to_pixels=lambda output: output)
    return nn.ModuleDict({"encoder": Stub(lambda weight, x: (x.reshape(shape[0], 4), None)), "decoder": decoder})


@pytest.mark.parametrize(("value_range", "grey"), [((0, 1), 0.5), ((-1, 1), 0.0)])
def test_mean_over_pixels_of_the_squared_difference_whatever_the_range(value_range, grey):
    images = torch.tensor([[0, 0, 255, 255], [255, 255, 255, 255]], dtype=torch.uint8).view(2, 1, 2, 2)
    assert squared_error(networks(grey), images, value_range) == pytest.approx([0.25, 0.25])
    black, white = value_range
    assert squared_error(networks(black), images, value_range) == pytest.approx([0.5, 1.0])
    assert squared_error(networks(white), images, value_range) == pytest.approx([0.5, 0.0])


def test_the_batch_size_does_not_matter():
    images = torch.randint(256, (7, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    whole, parts = (squared_error(networks(0.3), images, (0, 1), batch_size=size) for size in (7, 2))
    assert np.array_equal(whole, parts)


def test_the_error_is_that_of_the_pixels_that_come_back():
    images = torch.randint(256, (7, 1, 2, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    back = reconstructions(networks(0.2), images, (-1, 1), batch_size=2)
    assert back.dtype == torch.uint8
    assert back.unique().tolist() == [153]  # 0.2 between -1 and 1
    error = ((back.double() - images.double()) / 255).square().flatten(1).mean(dim=1)
    assert squared_error(networks(0.2), images, (-1, 1)) == pytest.approx(error.numpy())
