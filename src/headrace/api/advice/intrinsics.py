"""CloudFormation's functions inside a template, as far as advice needs them.

What a resource will be called is not known before it is made, so a reference to one becomes a text
`${Name}` or `${Name.Attribute}`, as it stands inside Fn::Sub anyway.
"""

import re
from collections.abc import Mapping
from typing import Any

#: What cannot be known from the template alone.
UNKNOWN = "${?}"

_REFERENCE = re.compile(r"\$\{([A-Za-z0-9]+)(?:\.[A-Za-z0-9.]+)?\}")
_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


class Resolver:
    """Replaces functions by what they give."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        """Know a template's parameters by their defaults, and its conditions by nothing."""
        self._defaults = {
            name: parameter["Default"]
            for name, parameter in dict(template.get("Parameters") or {}).items()
            if isinstance(parameter, dict) and "Default" in parameter
        }

    def resolve(self, value: Any) -> Any:
        """Return a value without functions."""
        if isinstance(value, list):
            return [self.resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref" or str(name).startswith("Fn::"):
                return self._call(name, argument)
        return {name: self.resolve(one) for name, one in value.items()}

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._defaults.get(argument, f"${{{argument}}}")
            case "Fn::GetAtt":
                parts = argument if isinstance(argument, list) else [argument]
                return f"${{{'.'.join(map(str, parts))}}}"
            case "Fn::Sub":
                return self._substitute(argument)
            case "Fn::Join":
                separator, parts = argument
                return str(separator).join(map(str, self.resolve(parts)))
            case "Fn::If":
                return self.resolve(argument[1])
            case _:
                return UNKNOWN

    def _substitute(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in values:
                return str(self.resolve(values[name]))
            return str(self._defaults.get(name, f"${{{name}}}"))

        return _PLACEHOLDER.sub(replace, str(text))


def name_of(value: Any) -> str:
    """Return the resource that a text refers to; empty: to none by reference."""
    match = _REFERENCE.search(str(value))
    return match[1] if match is not None else ""


def number_of(value: Any, default: int) -> int:
    """Return a number that may be a text, or the default where it cannot be known."""
    try:
        return int(value)
    except (TypeError, ValueError):
        return default


def is_true(value: Any) -> bool:
    """Return a boolean that may be a text."""
    return str(value).lower() == "true"
