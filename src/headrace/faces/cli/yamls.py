"""Read YAML templates with CloudFormation's short forms: !Ref, !GetAtt, !Sub and all others.

The only module that needs PyYAML, which the extra `yaml` brings.
"""

from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["YAMLError", "load"]


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # the package has no types
    """A safe loader that knows the short forms, and takes dates as the texts that they are."""


def _short_form(loader: _Loader, name: str, node: yaml.Node) -> dict[str, Any]:
    """Return the long form of a function: !Sub x is {"Fn::Sub": "x"}."""
    if isinstance(node, yaml.ScalarNode):
        argument: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        argument = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode), "YAML has no other kinds"
        argument = loader.construct_mapping(node, deep=True)
    if name == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": argument}


_Loader.add_multi_constructor("!", _short_form)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", yaml.SafeLoader.construct_yaml_str)


def load(text: str) -> Any:
    """Return what a YAML text says.

    Raises:
        YAMLError: It is none.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader's child
