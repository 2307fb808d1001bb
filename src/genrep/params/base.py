"""What every block of parameters has in common."""

from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, model_validator


class Params(BaseModel):
    """An immutable block of ``params.yaml``; an unknown key is an error.

    A default in a subclass always means "feature off". Values are hashed without their defaults, so a feature
    added later leaves the identity of everything that was run before as it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _yes_is_no_number(cls, block: Any) -> Any:
        """YAML reads ``yes`` and ``on`` as true, which pydantic would take for 1."""
        for key, value in block.items() if isinstance(block, dict) else ():
            field = cls.model_fields.get(key)
            if isinstance(value, bool) and field is not None and not _takes_bool(field.annotation):
                raise ValueError(f"{key}: {str(value).lower()} (also written {_spelt(value)}) is not a value for it")
        return block

    def values(self) -> dict:
        """The JSON form that identifies these parameters: defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)


def _takes_bool(annotation: Any) -> bool:
    return annotation in (bool, Any) or bool in get_args(annotation)


def _spelt(value: bool) -> str:
    return "yes or on" if value else "no or off"


def merge(base: Any, overlay: Any) -> Any:
    """``overlay`` laid over ``base``: see the package's docstring for the rule."""
    if not (isinstance(base, dict) and isinstance(overlay, dict)):
        return overlay
    if "kind" in overlay and overlay["kind"] != base.get("kind"):
        return overlay
    return base | {key: merge(base.get(key), value) for key, value in overlay.items()}
