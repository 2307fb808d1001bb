import numpy as np
import pytest
import torch
from torch import nn

from genrep import models


@pytest.fixture(scope="package")
def real(digits) -> torch.Tensor:
    """Fifty real digits, five of every class, (50, 1, 28, 28) uint8."""
    return torch.from_numpy(np.array(digits.images[:2000:40])).permute(0, 3, 1, 2)


@pytest.fixture(scope="package")
def classifier(smoke_runs) -> nn.Module:
    """With its initial weights, which is enough to compute with."""
    return models.build(smoke_runs["classifier"].network, (1, 28, 28), 10, seed=0)["classifier"].eval()
