"""torchvision beside a CPU-only torch.

The torchvision wheel on PyPI is built for CUDA. Beside a CPU build of torch its compiled operators do not load,
and importing it fails because two of them are looked up by name. Declaring their schemas is enough for data
sets, transforms and models; where the operators exist nothing happens. Import this module before torchvision.
"""

import torch


def declare_torchvision_operators() -> None:
    """Declare the schemas that ``import torchvision`` looks up, where its compiled operators are absent."""
    for name in ("nms", "qnms"):
        try:
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float threshold) -> Tensor")
        except RuntimeError:  # already there: the compiled operators have loaded
            return


def _compiled_operators_load() -> bool:
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("torchvision")
    library = next(Path(spec.origin).parent.glob("_C*"), None) if spec and spec.origin else None
    if library is None:
        return False
    try:
        torch.ops.load_library(str(library))
    except OSError:
        return False
    return True


if not _compiled_operators_load():
    declare_torchvision_operators()
