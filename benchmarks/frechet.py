"""Trace of a 2048-d Frechet distance: ``frechet.py ours|scipy COVARIANCES`` prints it and the seconds it takes."""

import sys
import time
import warnings

import numpy as np
import scipy.linalg

from genrep.metrics.fid import trace_of_root


def main() -> None:
    side, path = sys.argv[1:]
    with np.load(path) as stored:
        a, b = stored["a"], stored["b"]
    warnings.simplefilter("ignore")
    started = time.perf_counter()
    trace = trace_of_root(a, b) if side == "ours" else np.trace(scipy.linalg.sqrtm(a @ b)).real
    seconds = time.perf_counter() - started
    print(repr(float(trace)), seconds)


if __name__ == "__main__":
    main()
