"""``card.json``: what a prepared folder says of itself. Nothing here imports torch, as planning asks, too."""

from pathlib import Path
from typing import Any

from genrep.errors import UserError
from genrep.files import read_json

KEYS = ("counts", "identity", "share_of_official")  # without which a card says nothing


def read_card(folder: Path) -> dict[str, Any]:
    """Read the card of a prepared set.

    Raises:
        UserError: there is none, it is not JSON, or lacks what every card says.
    """
    card = read_json(folder / "card.json")
    absent = [key for key in KEYS if not isinstance(card, dict) or key not in card]
    if absent or not isinstance(card["counts"], dict):
        raise UserError(f"{folder / 'card.json'} does not say {', '.join(absent) or 'how many images there are'}")
    return card


def card_if_any(folder: Path) -> dict[str, Any]:
    """The card, or nothing where there is none that can be read."""
    try:
        return read_card(folder)
    except UserError:
        return {}
