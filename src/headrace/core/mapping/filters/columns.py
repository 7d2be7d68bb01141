"""Hold a large body against a pattern: field by field over all objects, not object by object.

It says what `pattern.below_fits` says. A body of a megabyte may hold 100,000 objects, and a pattern
may ask for more than a hundred fields: what each object would have to be asked for each field is
looked up once for its path (`pattern.Place`), and what is left of the objects after one field is
asked for the next one.
"""

from typing import Any

from headrace.core.mapping.filters.pattern import Node, Seen, elements, rules_fit

_NESTED = frozenset((dict, list))
_NOTHING: list[Any] = []

Objects = list[dict[str, Any]]

#: Where there is no object: one without fields.
_ABSENT: Objects = [{}]


def objects_fit(node: Node, seen: Seen) -> bool:
    """Tell whether one of the objects at a node's path fits all that is said of its fields."""
    return bool(_fitting(node, seen.at(node.path).objects or _ABSENT, seen))


def _fitting(node: Node, objects: Objects, seen: Seen) -> Objects:
    """Return those of the objects at a node's path that fit all that is said of their fields."""
    for name, field in node.fields.items():
        if field.rules is not None:
            objects = _with_value(field, name, objects, seen)
        if objects and field.asks_below:
            objects = _with_object(field, name, objects, seen)
        if not objects:
            return objects
    for choices in node.choices:
        objects = _with_choice(choices, objects, seen)
        if not objects:
            break
    return objects


def _with_choice(choices: tuple[Node, ...], objects: Objects, seen: Seen) -> Objects:
    """Return those of which one of the alternatives is true, in whatever order."""
    found: Objects = []
    for choice in choices:
        fitting = _fitting(choice, objects, seen)
        if len(fitting) == len(objects):
            return found + objects
        if fitting:
            found += fitting
            taken = set(map(id, fitting))
            objects = [one for one in objects if id(one) not in taken]
    return found


def _with_value(field: Node, name: str, objects: Objects, seen: Seen) -> Objects:
    """Return those in which a value under a name fits the rules for it."""
    place = seen.at(field.path)
    if not place.values:
        return objects if field.absence_fits else []
    if seen.at(field.path[:-1]).has_dots:
        return [one for one in objects if rules_fit(field, seen.members(one, name), seen)]
    wanted = place.literals.intersection(field.literals)
    fitting = {
        (kind, value)
        for kind, value in (place.distinct if field.others else ())
        if any(rule(value) for rule in field.others)
    }
    if not (wanted or fitting):
        return []
    objects = [one for one in objects if name in one]
    values = [one[name] for one in objects]
    if not _NESTED.isdisjoint(map(type, values)):
        return [one for one in objects if rules_fit(field, one[name], seen)]
    if not fitting:
        return [
            one
            for one, value in zip(objects, values, strict=True)
            if value in wanted and type(value) is not bool
        ]
    return [
        one
        for one, value in zip(objects, values, strict=True)
        if (type(value), value) in fitting or (value in wanted and type(value) is not bool)
    ]


def _with_object(field: Node, name: str, objects: Objects, seen: Seen) -> Objects:
    """Return those in which an object under a name fits what is said of it.

    Where there is none all its fields are absent, and that may be just what is asked.
    """
    has_dots = seen.at(field.path[:-1]).has_dots
    owners: Objects = []
    inner: Objects = []
    without: Objects = []
    for one in objects:
        found: Any = seen.members(one, name) if has_dots else one.get(name, _NOTHING)
        if type(found) is dict:
            owners.append(one)
            inner.append(found)
            continue
        before = len(inner)
        if isinstance(found, list):
            inner += [element for element in elements(found) if isinstance(element, dict)]
        owners += [one] * (len(inner) - before)
        if len(inner) == before:
            without.append(one)
    kept = without if without and _fitting(field, _ABSENT, seen) else []
    fitting = set(map(id, _fitting(field, inner, seen))) if inner else set()
    found_in = {
        id(owner): owner for owner, one in zip(owners, inner, strict=True) if id(one) in fitting
    }
    return [*kept, *found_in.values()]
