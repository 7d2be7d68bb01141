"""Function operations: parameters to commands, replies to answers.

Source: spec/lambda.md 1.8 to 1.10.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.functions.settings import (
    asked_layers,
    changed_settings,
    configuration,
    listed,
    new_settings,
    refuse_unserved,
)
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import (
    CreateFunction,
    DeleteFunction,
    GetFunction,
    ListFunctions,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import check_function_only
from headrace.core.functions.replies import Done, FunctionShown, FunctionsListed
from headrace.core.functions.settings import Code, Image

Bodies = Mapping[Any, bytes]

#: Stands for an archive that was not stored yet, where only the rest is to be checked.
NO_CODE = Code(digest="", size_bytes=0)

#: Stands for a container image that was not looked at yet.
NO_IMAGE = Code(digest="", size_bytes=0, image=Image(uri="", resolved_uri="", architecture=""))

#: The bucket whose keys are folders on the server's machine, as LocalStack's users know it.
HOT_RELOAD = "hot-reload"

#: Greater than every function name: behind it there is nothing.
_BEHIND_ALL = "~"


def create_function(parameters: Parameters, context: Context, rooms: Any) -> CreateFunction:
    """Read CreateFunction; the archive was stored before, or is not looked at.

    Raises:
        ServiceError: The name is another account's or region's; something is not served yet.
    """
    reference = reference_of(parameters, context, "CreateFunction")
    refuse_unserved(parameters)
    _check_package(parameters)
    architectures = rooms.functions.machine.architectures
    return CreateFunction(
        reference=reference,
        settings=new_settings(parameters, reference.name, architectures),
        code=code_of(parameters["Code"]),
        tags=dict(parameters.get("Tags") or {}),
        seed=context.seed,
        publish=parameters.get("Publish", False),
        layers=asked_layers(parameters),
    )


def update_function_code(
    parameters: Parameters, context: Context, rooms: Any
) -> UpdateFunctionCode:
    """Read UpdateFunctionCode; the archive was stored before, or is not looked at."""
    reference = reference_of(parameters, context, "UpdateFunctionCode")
    refuse_unserved(parameters)
    architectures = parameters.get("Architectures")
    return UpdateFunctionCode(
        reference=reference,
        code=code_of(parameters),
        seed=context.seed,
        architecture=architectures[0] if architectures else None,
        revision_id=parameters.get("RevisionId"),
        dry_run=parameters.get("DryRun", False),
        publish=parameters.get("Publish", False),
    )


def _check_package(parameters: Parameters) -> None:
    """Refuse an archive where an image was announced, and the other way round."""
    is_image = parameters.get("PackageType") == "Image"
    if is_image != bool(parameters["Code"].get("ImageUri")):
        word, kind = ("provide", "Image") if is_image else ("don't provide", "Zip")
        raise InvalidParameterValue(
            f"Please {word} ImageUri when creating a function with packageType {kind}."
        )


def code_of(given: Parameters) -> Code:
    """Return which archive is meant.

    Raises:
        InvalidParameterValue: None.
    """
    image = given.get("ImageUri")
    if image:
        return image if isinstance(image, Code) else NO_IMAGE
    if given.get("S3Bucket") == HOT_RELOAD:
        return folder_code(given.get("S3Key", ""))
    archive = given.get("ZipFile")
    if archive is None and not (given.get("S3Bucket") and given.get("S3Key")):
        raise InvalidParameterValue("Please provide a source for function code.")
    return archive if isinstance(archive, Code) else NO_CODE


def folder_code(path: str) -> Code:
    """Return the code that is a folder on this machine; the shell looks whether it is there.

    Raises:
        InvalidParameterValue: The path is not absolute.
    """
    if not path.startswith("/") or "\0" in path:
        raise InvalidParameterValue(
            f"With S3Bucket {HOT_RELOAD}, S3Key is the absolute path of a folder on the server's "
            f"machine, not {path!r}."
        )
    digest = hashlib.sha256(f"{HOT_RELOAD}:{path}".encode(errors="surrogatepass"))
    return Code(digest.hexdigest(), size_bytes=0, folder=path)


def update_function_configuration(
    parameters: Parameters, context: Context, rooms: Any
) -> UpdateFunctionConfiguration:
    """Read UpdateFunctionConfiguration: what is absent stays as it is.

    Raises:
        ServiceError: There is no such function; something is not served yet.
    """
    reference = reference_of(parameters, context, "UpdateFunctionConfiguration")
    check_function_only(reference)
    refuse_unserved(parameters)
    settings = rooms.functions.find(reference).settings
    return UpdateFunctionConfiguration(
        reference=reference,
        settings=changed_settings(parameters, settings),
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
        layers=asked_layers(parameters),
    )


def delete_function(parameters: Parameters, context: Context, rooms: Any) -> DeleteFunction:
    """Read DeleteFunction."""
    return DeleteFunction(reference_of(parameters, context, "DeleteFunction"))


def get_function(parameters: Parameters, context: Context, rooms: Any) -> GetFunction:
    """Read GetFunction."""
    return GetFunction(reference_of(parameters, context, "GetFunction"))


def get_function_configuration(parameters: Parameters, context: Context, rooms: Any) -> GetFunction:
    """Read GetFunctionConfiguration."""
    return GetFunction(reference_of(parameters, context, "GetFunctionConfiguration"))


def list_functions(parameters: Parameters, context: Context, rooms: Any) -> ListFunctions:
    """Read ListFunctions; a MasterRegion names functions of Lambda@Edge, of which there are none.

    Raises:
        InvalidParameterValue: The marker is not one of ours.
    """
    after, version = decode_marker(parameters, "version")
    if parameters.get("MasterRegion", "ALL") not in {"ALL", context.region}:
        after = _BEHIND_ALL
    return ListFunctions(
        account=context.account,
        region=context.region,
        after=after,
        at_most=at_most(parameters),
        all_versions=parameters.get("FunctionVersion") == "ALL",
        after_version=version,
    )


def answer_function(
    parameters: Parameters, context: Context, reply: FunctionShown, bodies: Bodies
) -> Answer:
    """Answer with the whole FunctionConfiguration."""
    return configuration(reply.view, reply.qualifier)


def answer_get_function(
    parameters: Parameters, context: Context, reply: FunctionShown, bodies: Bodies
) -> Answer:
    """Answer with the configuration, the tags, and where the code can be fetched."""
    answer: Answer = {
        "Configuration": configuration(reply.view, reply.qualifier),
        "Code": _code_answer(reply, context),
    }
    if reply.view.tags:
        answer["Tags"] = reply.view.tags
    if reply.view.reserved is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": reply.view.reserved}
    return answer


def _code_answer(reply: FunctionShown, context: Context) -> Answer:
    code = reply.view.code
    if code.image is not None:
        return {
            "RepositoryType": "ECR",
            "ImageUri": code.image.uri,
            "ResolvedImageUri": code.image.resolved_uri,
        }
    link = f"file://{quote(code.folder)}" if code.folder else context.base_url + reply.code_link
    return {"RepositoryType": "S3", "Location": link}


def answer_deleted(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_functions(
    parameters: Parameters, context: Context, reply: FunctionsListed, bodies: Bodies
) -> Answer:
    """Answer with a page; ARNs are qualified when all versions were asked for."""
    qualified = parameters.get("FunctionVersion") == "ALL"
    answer: Answer = {"Functions": [listed(view, qualified=qualified) for view in reply.views]}
    if reply.more:
        last = reply.views[-1]
        answer["NextMarker"] = encode_marker(last.name, version=last.version if qualified else "")
    return answer


OPERATIONS: dict[str, Operation] = {
    "CreateFunction": Operation(create_function, answer_function),
    "UpdateFunctionCode": Operation(update_function_code, answer_function),
    "UpdateFunctionConfiguration": Operation(update_function_configuration, answer_function),
    "DeleteFunction": Operation(delete_function, answer_deleted),
    "GetFunction": Operation(get_function, answer_get_function),
    "GetFunctionConfiguration": Operation(get_function_configuration, answer_function),
    "ListFunctions": Operation(list_functions, answer_functions),
}
