"""Whether weights on disk are whole and of the network that is built today, by the header of their file alone."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from genrep import models
from genrep.errors import UserError
from genrep.params.networks import NetworkParams

Shapes = dict[str, tuple[int, ...]]
_known: dict[tuple[str, models.Shape, int], Shapes] = {}  # runs that differ in their training share a network


def shapes_of(params: NetworkParams, shape: models.Shape, classes: int) -> Shapes:
    """The shape of every parameter of a network, named as in a file of weights."""
    key = (params.model_dump_json(), shape, classes)
    if key not in _known:
        networks = models.build(params, shape, classes, seed=0)
        _known[key] = {name: tuple(tensor.shape) for name, tensor in networks.state_dict().items()}
    return _known[key]


def check(path: Path, expected: Shapes) -> None:
    """Hold a file's header against the shapes that a network has; whole roles may be missing, but not what decodes.

    Raises:
        UserError: what is wrong with it, without a mend.
    """
    try:
        with safe_open(path, "pt") as file:
            found = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise UserError(f"damaged ({path.name}: {' '.join(str(error).split())[:100]})") from None
    roles = {name.split(".")[0] for name in found}
    wanted = {name: shape for name, shape in expected.items() if name.split(".")[0] in roles}
    if not roles & {"decoder", "generator"}:
        raise UserError(f"damaged ({path.name} holds neither a decoder nor a generator)")
    for name in sorted(found.keys() | wanted.keys()):
        if found.get(name) != wanted.get(name):
            has, needs = (f"{list(shapes[name])}" if name in shapes else "none" for shapes in (found, wanted))
            raise UserError(
                f"trained by another version of genrep ({path.name}: {name} has shape {has}, now it is {needs})"
            )
