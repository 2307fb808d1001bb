import pytest

from genrep.params import load, resolve
from genrep.params.networks import NetworkParams
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def full() -> dict[str, NetworkParams]:
    """The networks of ``mnist_timing`` at full scale, by run."""
    runs = resolve(load(ROOT / "params.yaml"), "mnist_timing", "full").runs
    return {name: run.network for name, run in runs.items()}
