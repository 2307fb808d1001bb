"""Peak memory of features and metrics of many images: ``memory.py WEIGHTS FOLDER COUNT`` prints GiB.

The images are memory-mapped and their features stored, as in use. The network really sees the first batches, which
settle its share of the memory, and features are drawn at random after that: an hour would not change the peak.
Pages of mapped files count, although the system may drop them.
"""

import resource
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from safetensors.torch import load_file

from genrep.allocator import keep_freed_memory
from genrep.files import sha256_file
from genrep.metrics.feature_store import FeatureStore
from genrep.metrics.images import ArrayImages
from genrep.metrics.inception import Inception, Outputs
from genrep.metrics.inception_metrics import InceptionMetrics
from genrep.metrics.protocol import InceptionProtocol

REAL_BATCHES = 3


class Shortened(Inception):
    calls = 0

    def __call__(self, images: torch.Tensor) -> Outputs:
        self.calls += 1
        if self.calls <= REAL_BATCHES:
            return super().__call__(images)
        return Outputs(torch.rand(len(images), 2048), torch.randn(len(images), 1008))


def main() -> None:
    keep_freed_memory()
    path, folder, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    pixels = open_memmap(folder / "images.npy", "w+", np.uint8, (count, 64, 64, 3))
    rng = np.random.default_rng(0)
    for start in range(0, count, 1000):
        part = pixels[start : start + 1000]
        part[:] = rng.integers(0, 256, part.shape, dtype=np.uint8)
    network = Shortened(InceptionProtocol(weights=sha256_file(path)), load_file(path))
    store = FeatureStore(folder)
    real = store.features(network, ArrayImages(pixels[: count // 2]))
    found = store.features(network, ArrayImages(pixels))
    metrics = InceptionMetrics(store, network.protocol, real, "train", seed=0, subsets=10)
    metrics.measure(found, count, intervals=True)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)


if __name__ == "__main__":
    main()
