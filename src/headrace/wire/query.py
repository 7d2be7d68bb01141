"""Decode the query protocol: parameters such as `Tag.1.Key` in a query string or form body.

Not here: its answers, which stand in `queryanswer.py`.
"""

from typing import Any

from headrace.wire.call import Call, Protocol
from headrace.wire.catalog import SERVICES
from headrace.wire.coerce import coerce_scalar, echo
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpRequest
from headrace.wire.errors import InvalidAction, MalformedQueryString, UnknownOperation
from headrace.wire.limits import QUERY_INDEX_DIGITS_MAX, QUERY_NAME_PARTS_MAX
from headrace.wire.model import Operation, QueryNames, Service, Shape
from headrace.wire.urlencoding import parse_pairs
from headrace.wire.validate import check_constraints

#: Parameters by the parts of their names; a node's own value stands under "".
Node = dict[str, Any]

_FORM = "application/x-www-form-urlencoded"


def is_form(request: HttpRequest) -> bool:
    """Return whether the body says that it is a form."""
    return request.headers.get("content-type", "").lower().startswith(_FORM)


def decode_call(protocol: Protocol, request: HttpRequest) -> Call:
    """Read `Action` and its parameters from the query string and the form body.

    On a queue's own path the path names the queue, unless a QueueUrl parameter does.

    Raises:
        InvalidAction: The action is unknown, or cannot be asked of a queue's own path.
        MalformedQueryString: The parameters cannot be read.
        SerializationException: A value is of another type than the model says.
        ValidationException: Values break the model's constraints, where the service checks them.
    """
    service = SERVICES[protocol.service]
    if service.query is None:
        raise UnknownOperation("The service does not speak the query protocol.")
    pairs = dict(_pairs(request))
    action = pairs.get("Action", "")
    on_root = request.path in ("", "/")
    operation = service.operations.get(action)
    if operation is None or (action in service.query.root_only and not on_root):
        raise InvalidAction(f"The action {echo(action)} is not valid for this endpoint.")
    by_path = service.query.path_member
    if by_path and not on_root and not pairs.get(by_path):
        pairs[by_path] = f"http://{request.headers.get('host', 'localhost')}{request.path}"
    parameters = _parameters(service, service.query, operation, pairs)
    if service.checks_constraints and operation.input:
        check_constraints(service, operation.input, parameters)
    credentials = read_credentials(request)
    return Call(service.name, action, protocol, parameters, credentials, request.headers)


def action_of(request: HttpRequest) -> str:
    """Return the `Action` of a request, empty where it has none.

    Raises:
        MalformedQueryString: The parameters cannot be read.
    """
    return dict(_pairs(request)).get("Action", "")


def _pairs(request: HttpRequest) -> list[tuple[str, str]]:
    pairs = parse_pairs(request.query)
    if request.body and is_form(request):
        try:
            pairs += parse_pairs(request.body.decode())
        except UnicodeDecodeError:
            raise MalformedQueryString("The query string contains a syntax error.") from None
    return pairs


def _parameters(
    service: Service, names: QueryNames, operation: Operation, pairs: dict[str, str]
) -> dict[str, Any]:
    if not operation.input:
        return {}
    return _structure(service, names, service.shapes[operation.input], _tree(pairs))


def _tree(pairs: dict[str, str]) -> Node:
    root: Node = {}
    for name, value in pairs.items():
        parts = name.split(".", QUERY_NAME_PARTS_MAX)
        if len(parts) > QUERY_NAME_PARTS_MAX:
            continue  # no member is that deep: an unknown parameter
        node = root
        for part in parts:
            node = node.setdefault(part or ".", {})
        node[""] = value
    return root


def _structure(service: Service, names: QueryNames, shape: Shape, node: Node) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for member in shape.members:
        value = _member(service, names, service.shapes[member.shape], member.name, node)
        if value is not None:
            members[member.name] = value
    return members


def _member(service: Service, names: QueryNames, shape: Shape, name: str, node: Node) -> Any:
    """Return a member's value, or None when no parameter speaks of it."""
    if shape.kind == "list":
        child = node.get(name if names.is_wrapped else names.items[shape.name])
        if child is not None and names.is_wrapped:
            child = child.get("member", {"": ""})
        if child is None:
            return None
        return [_value(service, names, shape.item, item) for item in _items(child)]
    if shape.kind == "map":
        entry, key_name, value_name = names.entries[shape.name]
        child = node.get(entry)
        if child is None:
            return None
        return {
            item[key_name][""]: _value(service, names, shape.item, item.get(value_name, {"": ""}))
            for item in _items(child)
            if "" in item.get(key_name, {})
        }
    child = node.get(name)
    return None if child is None else _value(service, names, shape.name, child)


def _value(service: Service, names: QueryNames, name: str, node: Node) -> Any:
    shape = service.shapes[name]
    if shape.kind == "structure":
        return _structure(service, names, shape, node)
    return coerce_scalar(shape, node.get("", ""))


def _items(node: Node) -> list[Node]:
    """Return a flattened container's items by index; without any index it is one item or none."""
    indexed = [
        (int(part), child)
        for part, child in node.items()
        if part.isascii() and part.isdigit() and len(part) <= QUERY_INDEX_DIGITS_MAX
    ]
    if not indexed:
        return [] if node == {"": ""} else [node]  # `AttributeName=` is how an empty list is sent
    return [child for _, child in sorted(indexed, key=lambda pair: pair[0])]
