"""A pattern as a tree, and how a record is held against it (spec/esm.md 2.2).

Arrays in a record count as all their elements; fields of one object of the pattern must fit the
same element. A key with dots, in a pattern or in a record, is a path. Of two rules for the same
path the last one stands. What an alternative of `$or` says about a path that stands beside the
`$or` too is held against the record apart from that: in an array, another element may fit it.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from headrace.core.mapping.filters.rules import NAMES, BadPattern, Rule, is_number, rules_of
from headrace.core.mapping.halfcharacters import decode_with_halves
from headrace.core.mapping.limits import PATTERN_DEPTH_MAX

Path = tuple[str, ...]

_NESTED = frozenset((dict, list))
_LITERAL = frozenset((str, int, Decimal))


class Node:
    """What a pattern says of one path: of the values there, and of what lies below."""

    __slots__ = (
        "absence_fits",
        "choices",
        "fields",
        "literals",
        "others",
        "path",
        "rules",
        "texts",
    )

    def __init__(self, path: Path) -> None:
        """Start with nothing said."""
        self.path = path
        self.rules: tuple[Rule, ...] | None = None  #: One of them must fit; None: not asked.
        self.texts: frozenset[str] = frozenset()  #: Or one of these, word for word.
        #: The same once more, texts and numbers apart from the other rules.
        self.literals: frozenset[Any] = frozenset()
        self.others: tuple[Rule, ...] = ()
        self.absence_fits = False  #: `exists: false` is among the rules.
        self.fields: dict[str, Node] = {}
        self.choices: list[tuple[Node, ...]] = []  #: Of each `$or` one must fit; same path.

    @property
    def asks_below(self) -> bool:
        """Whether something is said of what lies inside the value here."""
        return bool(self.fields or self.choices)


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("a number beyond all bounds") from None


_decode = msgspec.json.Decoder(float_hook=_decimal).decode


def decode_json(text: str) -> Any:
    """Return what a JSON text says, its fractions as decimals.

    Raises:
        ValueError: It is no JSON, or nested too deeply to be read.
    """
    try:
        try:
            return _decode(text)
        except msgspec.MsgspecError:
            return decode_with_halves(text, _decimal)
    except (ValueError, RecursionError) as error:
        raise ValueError("no JSON") from error


def compile_pattern(text: str) -> Node:
    """Return the tree of a pattern.

    Raises:
        BadPattern: It is none.
    """
    try:
        document = decode_json(text)
    except ValueError as error:
        raise BadPattern("filter is not valid JSON") from error
    if not isinstance(document, dict):
        raise BadPattern("filter is not an object")
    root = Node(())
    _fill(root, document, 0)
    return root


# --- compiling -----------------------------------------------------------------------------------


def _fill(node: Node, pattern: dict[str, Any], depth: int) -> None:
    """Add an object of a pattern to the node at its path."""
    if not pattern:
        raise BadPattern("empty objects are not allowed")
    if depth > PATTERN_DEPTH_MAX:
        raise BadPattern("nested too deeply")
    for key, value in pattern.items():
        if key == "$or" and _is_choice(value):
            node.choices.append(tuple(_alternative(node.path, one, depth) for one in value))
        else:
            child = _at(node, key)
            if isinstance(value, dict):
                _fill(child, value, depth + 1)
            elif isinstance(value, list):
                _set_rules(child, value)
            else:
                raise BadPattern(f'"{key}" must be an object or an array')


def _is_choice(value: Any) -> bool:
    """Tell whether this value of the key `$or` makes it an operator."""
    return (
        isinstance(value, list)
        and len(value) >= 2
        and all(isinstance(one, dict) and one and NAMES.isdisjoint(one) for one in value)
    )


def _alternative(path: Path, pattern: dict[str, Any], depth: int) -> Node:
    node = Node(path)
    _fill(node, pattern, depth + 1)
    return node


def _at(node: Node, key: str) -> Node:
    """Return the node of a field, whose name may be a path."""
    names = key.split(".")
    if len(node.path) + len(names) > PATTERN_DEPTH_MAX:
        raise BadPattern("nested too deeply")
    for name in names:
        if name not in node.fields:
            node.fields[name] = Node((*node.path, name))
        node = node.fields[name]
    return node


def _set_rules(node: Node, items: list[Any]) -> None:
    if not items:
        raise BadPattern("empty arrays are not allowed")
    node.texts = frozenset(item for item in items if isinstance(item, str))
    exists = [item["exists"] for item in items if _asks_for_existence(item)]
    if not all(isinstance(one, bool) for one in exists):
        raise BadPattern("exists match pattern must be either true or false")
    others = [one for one in items if not isinstance(one, str) and not _asks_for_existence(one)]
    node.absence_fits = False in exists
    anything = [_anything] if True in exists else []
    node.rules = (*anything, *rules_of(others))
    numbers = [one for one in others if is_number(one)]
    node.literals = node.texts.union(numbers)
    node.others = (*anything, *rules_of([one for one in others if not is_number(one)]))


def _asks_for_existence(item: Any) -> bool:
    return isinstance(item, dict) and list(item) == ["exists"]


def _anything(_value: Any) -> bool:
    return True


def rules_count(node: Node) -> int:
    """Return how many rules a pattern has."""
    below = [*node.fields.values(), *(choice for choices in node.choices for choice in choices)]
    return len(node.literals) + len(node.others) + sum(map(rules_count, below))


# --- matching ------------------------------------------------------------------------------------


class Place:
    """What stands at one path of a record, in all elements of all arrays on the way there."""

    __slots__ = ("_distinct", "_has_dots", "_literals", "_names", "objects", "values")

    def __init__(self, found: list[Any]) -> None:
        """Hold what was found, arrays taken apart."""
        self.objects: list[dict[str, Any]] = []
        self.values: list[Any] = []  #: Those that are no objects.
        for one in found:
            if isinstance(one, dict):
                self.objects.append(one)
            elif isinstance(one, list):
                for element in elements(one):
                    (self.objects if isinstance(element, dict) else self.values).append(element)
            else:
                self.values.append(one)
        self._names: frozenset[str] | None = None
        self._has_dots: bool | None = None
        self._distinct: set[tuple[type, Any]] | None = None
        self._literals: set[Any] | None = None

    @property
    def names(self) -> frozenset[str]:
        """Of fields of the objects."""
        if self._names is None:
            self._names = frozenset().union(*self.objects)
        return self._names

    @property
    def has_dots(self) -> bool:
        """Whether a field's name is a path."""
        if self._has_dots is None:
            self._has_dots = "." in "".join(self.names)
        return self._has_dots

    @property
    def distinct(self) -> set[tuple[type, Any]]:
        """Each value once, with its type: true is not 1."""
        if self._distinct is None:
            self._distinct = set(zip(map(type, self.values), self.values, strict=True))
        return self._distinct

    @property
    def literals(self) -> set[Any]:
        """The texts and numbers among the values."""
        if self._literals is None:
            self._literals = {value for kind, value in self.distinct if kind in _LITERAL}
        return self._literals


class Seen:
    """A record while patterns are held against it; each of its objects is gone through once.

    So is the record for each path of which all must be known: its elements may be many, and each
    asks.
    """

    __slots__ = ("_paths", "_places", "is_large", "record")

    def __init__(self, record: dict[str, Any]) -> None:
        """Hold a record of the event document."""
        self.record = record
        self.is_large = False  #: Whether its body is better gone through in columns.
        #: By identity of an object, which is kept so that no other takes it: what its keys with
        #: dots say of its fields.
        self._paths: dict[int, tuple[dict[str, Any], dict[str, dict[str, Any]]]] = {}
        self._places: dict[Path, Place] = {}  # by path, what was found

    def members(self, value: dict[str, Any], name: str) -> list[Any]:
        """Return what an object has under a name without dots; `a.b` is `b` inside `a`."""
        found = [value[name]] if name in value else []
        inside = self._paths_of(value).get(name)
        if inside is None:
            return found
        if found and isinstance(found[0], dict):
            both = found[0].keys() & inside.keys()
            return [found[0] | inside | {key: [found[0][key], inside[key]] for key in both}]
        return [*found, inside]

    def exists(self, path: Path) -> bool:
        """Tell whether a value that is no object is at a path, in any element of any array."""
        return bool(self.at(path).values)

    def at(self, path: Path) -> Place:
        """Return what is at a path."""
        known = self._places.get(path)
        if known is None:
            known = self._places[path] = self._look_for(path)
        return known

    def _look_for(self, path: Path) -> Place:
        if not path:
            return Place([self.record])
        above, name = self.at(path[:-1]), path[-1]
        if above.has_dots:
            return Place([one for value in above.objects for one in self.members(value, name)])
        if name not in above.names:
            return _NOWHERE
        return Place([value[name] for value in above.objects if name in value])

    def _paths_of(self, value: dict[str, Any]) -> dict[str, dict[str, Any]]:
        known = self._paths.get(id(value))
        if known is not None:
            return known[1]
        paths: dict[str, dict[str, Any]] = {}
        for key, one in value.items():
            if "." in key:
                first, _, rest = key.partition(".")
                paths.setdefault(first, {})[rest] = one
        self._paths[id(value)] = value, paths
        return paths


_NOWHERE = Place([])


def fits(node: Node, value: Any, seen: Seen) -> bool:
    """Tell whether what stands at a node's path fits the node.

    Args:
        node: What is asked.
        value: What stands there, an array for several values.
        seen: The whole record: a path that is absent must be so in all of it.
    """
    if not rules_fit(node, value, seen):
        return False
    return not node.asks_below or below_fits(node, value, seen)


def rules_fit(node: Node, value: Any, seen: Seen) -> bool:
    """Tell whether one of the values that are no objects fits one of the rules, if any are set."""
    rules = node.rules
    if rules is None:
        return True
    values = _values(value)
    if not node.texts.isdisjoint(values) or any(any(map(rule, values)) for rule in rules):
        return True
    return node.absence_fits and not seen.exists(node.path)


def below_fits(node: Node, value: Any, seen: Seen) -> bool:
    """Tell whether one of the objects here fits all that is said of its fields.

    Where there is no object all fields are absent, and that may be just what is asked.
    """
    objects = [one for one in elements(value) if isinstance(one, dict)]
    return any(_object_fits(node, one, seen) for one in objects or [{}])


def _object_fits(node: Node, value: dict[str, Any], seen: Seen) -> bool:
    for name, field in node.fields.items():
        if not fits(field, seen.members(value, name), seen):
            return False
    return all(
        any(_object_fits(choice, value, seen) for choice in choices) for choices in node.choices
    )


def _values(value: Any) -> list[Any]:
    """Return the values here that are no objects; an array of them as it is, for it may be long."""
    if isinstance(value, list):
        if _NESTED.isdisjoint(map(type, value)):
            return value
    elif not isinstance(value, dict):
        return [value]
    return [one for one in elements(value) if not isinstance(one, dict)]


def elements(value: Any) -> Iterator[Any]:
    """Go through a value that may be an array, of arrays perhaps, in order."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(reversed(one))
        else:
            yield one
