"""A training that is killed after a step, without a word: ``killed.py FOLDER STEP`` (see test_growth).

FOLDER holds ``run.json`` and prepared images; the state is saved after every step but the one before the kill.
"""

import os
import signal
import sys
from pathlib import Path

from genrep.data.arrays import ImageSet
from genrep.params.training import RunParams
from genrep.training import run as training
from genrep.training.loop import Loop


def main() -> None:
    folder, last = Path(sys.argv[1]), int(sys.argv[2])
    training.CHECKPOINT_SECONDS = 0
    step, steps = Loop._step, 0

    def kill_half_way(self, batch):
        nonlocal steps
        steps += 1
        step(self, batch)
        if steps == last - 1:
            training.CHECKPOINT_SECONDS = 3600
        if steps == last:
            os.kill(os.getpid(), signal.SIGKILL)

    Loop._step = kill_half_way
    run = RunParams.model_validate_json((folder / "run.json").read_text())
    training.train(folder / "parts", "gan", run, 0, ImageSet.open(folder / "images"), "cpu")


if __name__ == "__main__":
    main()
