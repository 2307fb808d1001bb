"""Lists of entries in a replication's YAML files."""

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import ValidationError

from genrep.errors import UserError
from genrep.params.base import Params
from genrep.params.yaml_loader import SafeLoader

Entry = TypeVar("Entry", bound=Params)


def read_entries(path: Path, kind: type[Entry]) -> list[Entry]:
    """Every entry of a file, checked.

    Raises:
        UserError: there is no such file, it is no list, or an entry breaks the contract.
    """
    try:
        entries = yaml.load(path.read_text(encoding="utf-8"), SafeLoader)
        if not isinstance(entries, list):
            raise UserError(f"{path}: must be a list of {path.stem}")
        return [kind.model_validate(entry) for entry in entries]
    except FileNotFoundError:
        raise UserError(f"{path} does not exist") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValidationError) as error:
        raise UserError(f"{path}: {' '.join(str(error).split())[:300]}") from None
