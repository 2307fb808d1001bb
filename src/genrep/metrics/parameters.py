"""Size of a model (genrep.models.sizes), and what it achieves for its size."""

from genrep.errors import UserError
from genrep.models.sizes import leaf_parameter_count, parameter_count

__all__ = ["efficiency", "leaf_parameter_count", "parameter_count"]


def efficiency(fid: float, parameters: int) -> float:
    """1 / (FID x parameters): more is better.

    Raises:
        UserError: one of them is not positive.
    """
    if not (fid > 0 and parameters > 0):
        raise UserError(f"efficiency needs a positive FID and parameter count, got {fid} and {parameters}")
    return 1 / (fid * parameters)
