"""Studies: what a trained model can do besides drawing samples (chapter 6 of the thesis), with numbers.

One module per study. Each offers ``NEEDS``, the abilities (genrep.studies.abilities) that a model must have, and
``study(subject, params) -> Found``: numbers with intervals, and the images of a figure. None knows a model family.
"""

from importlib import import_module
from types import ModuleType


def module(name: str) -> ModuleType:
    """The module of a study."""
    return import_module(f"genrep.studies.{name}")
