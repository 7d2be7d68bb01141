"""Operations on function URLs: parameters to commands, replies to answers.

Source: spec/lambda.md 1.17, 13.11.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.api.urls.address import format_url
from headrace.core.functions.accesscommands import (
    CreateUrl,
    DeleteUrl,
    GetUrl,
    ListUrls,
    UpdateUrl,
)
from headrace.core.functions.instants import format_moment
from headrace.core.functions.replies import Done, UrlShown, UrlsListed
from headrace.core.functions.url import BUFFERED, Cors

Bodies = Mapping[Any, bytes]


def create_url(parameters: Parameters, context: Context, rooms: Any) -> CreateUrl:
    """Read CreateFunctionUrlConfig."""
    return CreateUrl(
        reference=reference_of(parameters, context, "CreateFunctionUrlConfig"),
        auth_type=parameters["AuthType"],
        seed=context.seed,
        cors=_cors(parameters),
        invoke_mode=parameters.get("InvokeMode", ""),
    )


def update_url(parameters: Parameters, context: Context, rooms: Any) -> UpdateUrl:
    """Read UpdateFunctionUrlConfig: what is absent stays as it is."""
    return UpdateUrl(
        reference=reference_of(parameters, context, "UpdateFunctionUrlConfig"),
        auth_type=parameters.get("AuthType", ""),
        cors=_cors(parameters),
        invoke_mode=parameters.get("InvokeMode", ""),
    )


def get_url(parameters: Parameters, context: Context, rooms: Any) -> GetUrl:
    """Read GetFunctionUrlConfig."""
    return GetUrl(reference_of(parameters, context, "GetFunctionUrlConfig"))


def delete_url(parameters: Parameters, context: Context, rooms: Any) -> DeleteUrl:
    """Read DeleteFunctionUrlConfig."""
    return DeleteUrl(reference_of(parameters, context, "DeleteFunctionUrlConfig"))


def list_urls(parameters: Parameters, context: Context, rooms: Any) -> ListUrls:
    """Read ListFunctionUrlConfigs."""
    (after,) = decode_marker(parameters)
    reference = reference_of(parameters, context, "ListFunctionUrlConfigs")
    return ListUrls(reference, after, at_most(parameters))


def _cors(parameters: Parameters) -> Cors | None:
    given = parameters.get("Cors")
    if given is None:
        return None
    return Cors(
        allow_credentials=given.get("AllowCredentials"),
        allow_headers=_texts(given, "AllowHeaders"),
        allow_methods=_texts(given, "AllowMethods"),
        allow_origins=_texts(given, "AllowOrigins"),
        expose_headers=_texts(given, "ExposeHeaders"),
        max_age_s=given.get("MaxAge"),
    )


def _texts(given: Parameters, member: str) -> tuple[str, ...] | None:
    return tuple(given[member]) if member in given else None


def answer_created(
    parameters: Parameters, context: Context, reply: UrlShown, bodies: Bodies
) -> Answer:
    """Answer with the new URL; a mode only if one was given (L-A81)."""
    answer = _configuration(context, reply)
    del answer["LastModifiedTime"]
    return answer


def answer_updated(
    parameters: Parameters, context: Context, reply: UrlShown, bodies: Bodies
) -> Answer:
    """Answer with the URL; a mode only if one was ever given (L-A81)."""
    return _configuration(context, reply)


def answer_url(parameters: Parameters, context: Context, reply: UrlShown, bodies: Bodies) -> Answer:
    """Answer with the URL, its mode in any case."""
    return _listed(context, reply)


def answer_urls(
    parameters: Parameters, context: Context, reply: UrlsListed, bodies: Bodies
) -> Answer:
    """Answer with a page."""
    answer: Answer = {"FunctionUrlConfigs": [_listed(context, one) for one in reply.entries]}
    if reply.more:
        answer["NextMarker"] = encode_marker(f"/{reply.entries[-1].qualifier}")
    return answer


def answer_deleted(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def _listed(context: Context, shown: UrlShown) -> Answer:
    return _configuration(context, shown) | {"InvokeMode": shown.url.invoke_mode or BUFFERED}


def _configuration(context: Context, shown: UrlShown) -> Answer:
    """Return AWS's FunctionUrlConfig."""
    url = shown.url
    answer: Answer = {
        "FunctionUrl": format_url(context.base_url, url.id, shown.region),
        "FunctionArn": shown.arn,
        "AuthType": url.auth_type,
    }
    if url.cors is not None:
        answer["Cors"] = _cors_members(url.cors)
    answer["CreationTime"] = format_moment(url.created_at)
    answer["LastModifiedTime"] = format_moment(url.changed_at)
    if url.invoke_mode:
        answer["InvokeMode"] = url.invoke_mode
    return answer


def _cors_members(cors: Cors) -> Answer:
    members = {
        "AllowCredentials": cors.allow_credentials,
        "AllowHeaders": cors.allow_headers,
        "AllowMethods": cors.allow_methods,
        "AllowOrigins": cors.allow_origins,
        "ExposeHeaders": cors.expose_headers,
        "MaxAge": cors.max_age_s,
    }
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in members.items()
        if value is not None
    }


OPERATIONS: dict[str, Operation] = {
    "CreateFunctionUrlConfig": Operation(create_url, answer_created),
    "UpdateFunctionUrlConfig": Operation(update_url, answer_updated),
    "GetFunctionUrlConfig": Operation(get_url, answer_url),
    "DeleteFunctionUrlConfig": Operation(delete_url, answer_deleted),
    "ListFunctionUrlConfigs": Operation(list_urls, answer_urls),
}
