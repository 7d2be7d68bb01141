r"""JSON with halves of characters, which is legal and refused by the fast reader.

A text that was cut inside an emoji, by a JavaScript handler for example, is written with one half
of a surrogate pair: `"\ud83d"`.
"""

import json
from collections.abc import Callable
from typing import Any, NoReturn


def decode_with_halves(text: str, read_fraction: Callable[[str], Any] = float) -> Any:
    """Return what a JSON text says that the fast reader refused for halves of characters.

    Raises:
        ValueError: It has none, or is no JSON.
        RecursionError: It is nested too deeply to be read.
    """
    if "\\ud" not in text and "\\uD" not in text:
        raise ValueError("no halves of characters")
    return json.loads(text, parse_float=read_fraction, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
