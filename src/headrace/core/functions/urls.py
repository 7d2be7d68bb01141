"""Rules: make, change, show, list and delete function URLs.

Source: spec/lambda.md 1.4, 1.17, 13.11.
"""

import msgspec

from headrace.core.functions.accesscommands import (
    CreateUrl,
    DeleteUrl,
    GetUrl,
    ListUrls,
    UpdateUrl,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ResourceConflict,
    ResourceNotFound,
)
from headrace.core.functions.function import Function
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.records import UrlDeleted, UrlSet
from headrace.core.functions.replies import Done, UrlShown, UrlsListed
from headrace.core.functions.url import Cors, Url, derived_url_id

_NO_FUNCTION = "Function does not exist"
_NO_URL = "The resource you requested does not exist."


def create(command: CreateUrl, scene: Scene) -> Decision:
    """Give a function or alias a URL; it has one at most."""
    reference = command.reference
    number, function = _find_target(reference, scene)
    if (reference.qualifier or "") in function.urls:
        raise ResourceConflict(
            f"Failed to create function url config for [functionArn = {reference.qualified_arn}]. "
            "Error message:  FunctionUrlConfig exists for this Lambda function"
        )
    _check_cors(command.cors)
    url = Url(
        id=derived_url_id(command.seed),
        auth_type=command.auth_type,
        created_at=scene.now,
        changed_at=scene.now,
        cors=command.cors,
        invoke_mode=command.invoke_mode,
    )
    return _set(number, function, reference, url, scene)


def update(command: UpdateUrl, scene: Scene) -> Decision:
    """Change a URL; what is not given stays."""
    reference = command.reference
    number, function = _find_target(reference, scene)
    before = function.urls.get(reference.qualifier or "")
    if before is None:
        raise ResourceNotFound(_NO_URL)
    _check_cors(command.cors)
    cors = before.cors if command.cors is None else command.cors
    url = msgspec.structs.replace(
        before,
        auth_type=command.auth_type or before.auth_type,
        changed_at=scene.now,
        cors=None if cors == Cors() else cors,
        invoke_mode=command.invoke_mode or before.invoke_mode,
    )
    return _set(number, function, reference, url, scene)


def get(command: GetUrl, scene: Scene) -> Decision:
    """Show a URL."""
    _, function, url = _find(command.reference, scene)
    return Decision(_shown(function, command.reference.qualifier or "", url))


def delete(command: DeleteUrl, scene: Scene) -> Decision:
    """Delete a URL; those of aliases stay when the function's own goes (L-A82)."""
    number, _, _ = _find(command.reference, scene)
    record = UrlDeleted(number, scene.now, command.reference.qualifier or "")
    return Decision(Done(), [record])


def list_urls(command: ListUrls, scene: Scene) -> Decision:
    """Show a function's URLs: its own, then those of its aliases by name."""
    reference = command.reference
    number = scene.directory.locate(reference)
    if number is None:
        raise ResourceNotFound(_NO_FUNCTION)
    function = scene.directory.functions[number]
    # A marker holds a qualifier with a mark before it, because the function's own is empty.
    names = sorted(name for name in function.urls if f"/{name}" > command.after)
    page = names[: command.at_most]
    entries = tuple(_shown(function, name, function.urls[name]) for name in page)
    return Decision(UrlsListed(entries, len(names) > command.at_most))


def _find_target(reference: FunctionReference, scene: Scene) -> tuple[int, Function]:
    """Return the function, if it and the alias are there (L-A79)."""
    number = scene.directory.locate(reference)
    function = None if number is None else scene.directory.functions[number]
    alias = reference.qualifier
    if number is None or function is None or (alias is not None and alias not in function.aliases):
        raise ResourceNotFound(_NO_FUNCTION)
    return number, function


def _find(reference: FunctionReference, scene: Scene) -> tuple[int, Function, Url]:
    number = scene.directory.locate(reference)
    if number is not None:
        function = scene.directory.functions[number]
        url = function.urls.get(reference.qualifier or "")
        if url is not None:
            return number, function, url
    raise ResourceNotFound(_NO_URL)


def _check_cors(cors: Cors | None) -> None:
    """Refuse what could not stand in a header."""
    if cors is None:
        return
    lists = {
        "allowHeaders": cors.allow_headers,
        "allowMethods": cors.allow_methods,
        "allowOrigins": cors.allow_origins,
        "exposeHeaders": cors.expose_headers,
    }
    for name, values in lists.items():
        for value in values or ():
            if not (value.isascii() and value.isprintable()):
                raise InvalidParameterValue(
                    f"Value at 'cors.{name}' may hold printable ASCII characters only."
                )


def _set(
    number: int, function: Function, reference: FunctionReference, url: Url, scene: Scene
) -> Decision:
    qualifier = reference.qualifier or ""
    return Decision(_shown(function, qualifier, url), [UrlSet(number, scene.now, qualifier, url)])


def _shown(function: Function, qualifier: str, url: Url) -> UrlShown:
    arn = f"{function.arn}:{qualifier}" if qualifier else function.arn
    return UrlShown(arn, function.region, qualifier, url)
