import pytest
import torch
from torch import nn

from genrep.explore.model import of_inputs


@pytest.mark.parametrize(
    "layer", [nn.Linear(5, 7, bias=False), nn.Conv2d(5, 7, 1, bias=False), nn.ConvTranspose2d(5, 7, 4, bias=False)]
)
def test_a_first_layer_is_a_matrix_over_the_latent(layer):
    z = torch.randn(1, 5, generator=torch.Generator().manual_seed(0))
    found = layer(z if isinstance(layer, nn.Linear) else z[:, :, None, None])
    expected = of_inputs(layer) @ z[0]
    assert sorted(expected.tolist()) == pytest.approx(sorted(found.flatten().tolist()), abs=1e-5)
