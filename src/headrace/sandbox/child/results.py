"""Results of handlers as JSON text, as AWS's runtime writes them (spec/lambda.md 2.2).

Standard library only, Python 3.8 and later. AWS's runtime encodes with simplejson: a Decimal keeps
its digits, a named tuple is an object, bytes within a result are text; a result that is bytes goes
out as it is.
"""

import json
import marshal
import os
import re
from decimal import Decimal

#: Recognises a Decimal in encoded JSON; random, so that no string of a user's can be one.
_MARK = "decimal:" + os.urandom(16).hex() + ":"
_MARKED = re.compile('"' + _MARK + '([^"]*)"')
#: The format in which `marshal` looks for no objects that it has seen before.
_MARSHAL_VERSION = 2


class Encoder:
    """Makes JSON text of results."""

    def __init__(self):
        # From python3.12 on, AWS writes characters as they are.
        runtime = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
        as_they_are = runtime.isdigit() and int(runtime) >= 12
        self._encode = json.JSONEncoder(
            ensure_ascii=not as_they_are, default=_encode_special
        ).encode

    def encode(self, value):
        """Return the JSON text of a result in UTF-8, or the bytes that it is."""
        if isinstance(value, bytes):
            return value
        if not is_plain(value):
            value = simplify(value, set())
        try:
            text = self._encode(value)
        except TypeError:
            text = self._encode(simplify(value, set()))  # Perhaps there are bytes for keys.
        if _MARK in text:
            text = _MARKED.sub(r"\1", text)
        return text.encode()


def is_plain(value):
    """Tell whether there are none but Python's own types, cheaply; False: perhaps."""
    try:
        marshal.dumps(value, _MARSHAL_VERSION)
    except ValueError:
        return False
    return True


def simplify(value, around):
    """Return a value in which named tuples are dictionaries, and keys no bytes.

    Args:
        around: The ids of the containers that it is in.

    Raises:
        ValueError: It contains itself.
    """
    if not isinstance(value, (dict, list, tuple)):
        return value
    if id(value) in around:
        raise ValueError("Circular reference detected")
    around.add(id(value))
    as_dictionary = getattr(value, "_asdict", None)
    whole = as_dictionary() if callable(as_dictionary) else value
    try:
        if isinstance(whole, dict):
            return {_key(name): simplify(one, around) for name, one in whole.items()}
        return [simplify(one, around) for one in whole]
    finally:
        around.discard(id(value))


def _key(name):
    return name.decode() if isinstance(name, bytes) else name


def _encode_special(value):
    if isinstance(value, Decimal):
        return _MARK + ("NaN" if value.is_nan() else str(value))
    if isinstance(value, bytes):
        return value.decode()
    as_dictionary = getattr(value, "_asdict", None)
    if callable(as_dictionary):
        return as_dictionary()
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)
