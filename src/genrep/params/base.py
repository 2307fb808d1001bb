"""What every block of parameters has in common."""

from pydantic import BaseModel, ConfigDict


class Params(BaseModel):
    """An immutable block of ``params.yaml``; an unknown key is an error.

    A default in a subclass always means "feature off". Values are hashed without their defaults, so a feature
    added later leaves the identity of everything that was run before as it is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    def values(self) -> dict:
        """The JSON form that identifies these parameters: defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)
