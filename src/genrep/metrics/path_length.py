"""How straight an interpolation is: length of its path through feature space over the distance of its ends."""

import numpy as np

from genrep.errors import UserError


def path_length(features: np.ndarray) -> float:
    """(T, D) features of consecutive images -> at least 1; 1 where they lie on a straight line in order.

        sum_t |f_{t+1} - f_t| / |f_T - f_1|

    Raises:
        UserError: fewer than 2 images, or the ends are equal.
    """
    if len(features) < 2:
        raise UserError(f"a path needs at least 2 images, got {len(features)}")
    path = features.astype(np.float64)
    ends = np.linalg.norm(path[-1] - path[0])
    if not ends > 0:
        raise UserError("a path length is undefined: the first and the last image have the same features")
    return float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum() / ends)
