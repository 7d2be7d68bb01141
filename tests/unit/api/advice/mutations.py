"""What is left of a document when one of its parts is something else."""

import copy

#: What stands where it does not belong.
ODDITIES = (
    None,
    5,
    -1e400,
    "x",
    "",
    [],
    [5],
    [[]],
    {},
    {"x": [1]},
    {5: 1},
    {"Ref": "AWS::NoValue"},
    {"Ref": ["x"]},
    {"Fn::If": []},
    {"Fn::If": ["x", {"Ref": "AWS::NoValue"}]},
    {"Fn::Join": 5},
    {"Fn::Sub": [5]},
    {"Fn::FindInMap": ["a", "b", "c"]},
)


def mutated(document):
    """Yield copies of a document, in each of which one part is one of the oddities."""
    for path in paths_of(document):
        for oddity in ODDITIES:
            changed = copy.deepcopy(document)
            holder = changed
            for step in path[:-1]:
                holder = holder[step]
            holder[path[-1]] = oddity
            yield changed


def paths_of(value, path=()):
    """Yield the ways to all parts of a document."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, one in value.items():
            yield from paths_of(one, (*path, name))
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from paths_of(one, (*path, at))
