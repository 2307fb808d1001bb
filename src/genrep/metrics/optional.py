"""Libraries of the ``metrics`` extra, imported where they are used: the core works without them."""

from importlib import import_module
from types import ModuleType

import genrep.compat  # noqa: F401  # torch-fidelity imports torchvision
from genrep.errors import UserError


def torch_fidelity(module: str) -> ModuleType:
    """``torch_fidelity.<module>``.

    Raises:
        UserError: it is not installed.
    """
    try:
        return import_module(f"torch_fidelity.{module}")
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is not installed; run: pip install -c constraints.txt -e '.[metrics]'") from None
