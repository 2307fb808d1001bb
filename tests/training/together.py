"""What each of several processes does in tests/training/test_processes.py: ``together.py FOLDER`` under torchrun.

FOLDER holds ``runs.json`` and prepared images; every run is trained there, to FOLDER/<name>.
"""

import json
import sys
from pathlib import Path

from genrep.data.arrays import ImageSet
from genrep.params.training import RunParams
from genrep.training.run import train


def main() -> None:
    folder = Path(sys.argv[1])
    images = ImageSet.open(folder / "images")
    for name, values in json.loads((folder / "runs.json").read_text()).items():
        train(folder / name, name, RunParams.model_validate(values), 0, images, "cpu")


if __name__ == "__main__":
    main()
