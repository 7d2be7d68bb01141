"""Where the references of a Terraform configuration lead: through modules to resources.

A plan does not tell the ARNs of what will be created, only to what an expression refers. A variable
refers to what the module's caller gives for it, an output to what its module says, `each` to what
its resource or module is repeated for. What `locals` hold is not in a plan, so they lead nowhere.
"""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from headrace.api.advice.intrinsics import items_of, members_of

Members = dict[str, Any]
#: Addresses of resources and modules without the indices of their instances.
INDEX = re.compile(r"\[[^\]]*\]")

#: A step of a reference, with its indices; these may hold dots.
_STEP = re.compile(r"[^.\[\]]+(?:\[[^\]]*\])*")
#: References that one may lead through to a resource: more is a circle, which Terraform refuses.
_STEPS_MAX = 1_000


class Configuration:
    """The modules of a plan's configuration, each by its address with a dot behind; "" the root."""

    def __init__(self, root: Members) -> None:
        """Find all modules."""
        self._modules: dict[str, Members] = {}
        self._calls: dict[str, Members] = {}
        self._resources: dict[str, Members] = {}  # by address without indices
        self._add("", root)

    def _add(self, path: str, module: Members) -> None:
        self._modules[path] = module
        for one in map(members_of, items_of(module.get("resources"))):
            self._resources[f"{path}{one.get('address')}"] = one
        for name, call in members_of(module.get("module_calls")).items():
            inside = f"{path}module.{name}."
            self._calls[inside] = members_of(call)
            self._add(inside, members_of(members_of(call).get("module")))

    def targets(self, address: str, path: str, member: str) -> Iterator[tuple[str, bool]]:
        """Yield what a member of a resource refers to, directly or through other modules.

        Args:
            address: Of the resource, without indices.
            path: Of its module.
            member: The argument whose expression is looked at.

        Yields:
            Each reference to something of a module as an address with its own indices, if it has
            any; and whether the expression itself says it.
        """
        resource = self._resources.get(address, {})
        expression = members_of(resource.get("expressions")).get(member)
        waiting = deque((one, path, resource, True) for one in references(expression))
        seen: set[tuple[str, str]] = set()
        while waiting and len(seen) < _STEPS_MAX:
            reference, scope, repeated, is_direct = waiting.popleft()
            if (reference, scope) in seen:
                continue
            seen.add((reference, scope))
            steps = _STEP.findall(reference)
            match [INDEX.sub("", step) for step in steps]:
                case ["each", *_]:
                    found, there, by = repeated.get("for_each_expression"), scope, {}
                case ["var", name, *_] if scope:
                    by = self._calls[scope]
                    found = members_of(by.get("expressions")).get(name)
                    there = scope[: scope.rstrip(".").rfind("module.")]
                case ["module", name, output, *_]:
                    there, by = f"{scope}module.{name}.", {}
                    outputs = members_of(self._modules.get(there, {}).get("outputs"))
                    found = members_of(outputs.get(output)).get("expression")
                case _:
                    yield f"{scope}{'.'.join(steps[:2])}", is_direct
                    continue
            waiting += ((one, there, by, False) for one in references(found))


def references(expression: Any) -> list[str]:
    """Return what an expression refers to, at any depth."""
    if isinstance(expression, list):
        return [one for each in expression for one in references(each)]
    if not isinstance(expression, dict):
        return []
    found = [str(one) for one in items_of(expression.get("references"))]
    return found + [
        one for name, each in expression.items() if name != "references" for one in references(each)
    ]
