"""Studies against the data sets of their runs, before anything is trained. Nothing here imports torch."""

from genrep.data.card import card_if_any
from genrep.data.catalogue import PREPARED, data_set
from genrep.errors import UserError
from genrep.params import ReplicationParams, RunParams
from genrep.params.load import suggestion


def check_studies(replication: ReplicationParams) -> None:
    """Refuse attributes and classes that a studied run's images do not have, as far as known before they are prepared.

    Raises:
        UserError: an unknown attribute, or a class that the set does not have.
    """
    params = replication.studies
    if params is None:
        return
    asked = {f"studies.{study}.attribute": getattr(getattr(params, study), "attribute", None) for study in params.asked}
    for where, attribute in (asked | {"studies.label": params.label}).items():
        for name in params.runs if attribute is not None else ():
            assert attribute is not None
            _check(where, attribute, replication.runs[name])


def _check(where: str, attribute: str | int, run: RunParams) -> None:
    entry = data_set(run.data.set)
    if isinstance(attribute, int):
        classes = 1 << len(run.data.attributes) if run.data.attributes else entry.classes
        if not 0 <= attribute < classes:
            raise UserError(f"{where}: {entry.name} has no class {attribute}; it has 0 to {classes - 1}")
        return
    card = card_if_any(PREPARED / entry.name)
    if not card:  # the names stand in the set's own files
        return
    names = [str(name) for name in card.get("attributes") or ()]
    if attribute not in names:
        known = f"{', '.join(names) or 'none'}{suggestion(attribute, names)}"
        raise UserError(f"{where}: {entry.name} has no attribute {attribute!r}; it has {known}")
