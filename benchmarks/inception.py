"""Our Inception features of a folder of images: ``inception.py WEIGHTS FOLDER RESIZE PRECISION OUT`` prints images/s.

The first batch is not counted. ``OUT`` receives the features.
"""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from genrep.allocator import keep_freed_memory
from genrep.files import sha256_file
from genrep.metrics.images import FolderImages
from genrep.metrics.inception import Inception
from genrep.metrics.protocol import InceptionProtocol
from genrep.metrics.weights import Weights

BATCH = 32


def main() -> None:
    keep_freed_memory()  # as the genrep command does
    torch.set_num_threads(int(os.environ.get("THREADS", os.cpu_count() or 1)))
    path, folder, resize, precision, out = Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:]
    weights = Weights(path, sha256=sha256_file(path))
    network = Inception(
        InceptionProtocol.model_validate({"weights": weights.identity, "resize": resize, "precision": precision}),
        weights.load(),
    )
    images = FolderImages(folder)
    network(next(images.batches(BATCH)))
    started = time.perf_counter()
    features = torch.cat([network(batch).features for batch in images.batches(BATCH)])
    print(len(images) / (time.perf_counter() - started))
    np.save(out, features.numpy())


if __name__ == "__main__":
    main()
