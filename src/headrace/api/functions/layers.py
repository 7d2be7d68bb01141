"""Operations on layers: parameters to commands, replies to answers.

Source: spec/lambda.md 1.13, 13.10.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker
from headrace.api.functions.functions import code_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import (
    AddLayerPermission,
    DeleteLayerVersion,
    GetLayerPolicy,
    GetLayerVersion,
    ListLayers,
    ListLayerVersions,
    PublishLayerVersion,
    RemoveLayerPermission,
)
from headrace.core.functions.errors import InvalidParameterValue, ResourceNotFound
from headrace.core.functions.instants import format_modified
from headrace.core.functions.layernames import LayerReference, parse_layer, parse_layer_version
from headrace.core.functions.replies import LayersListed, LayerVersionShown, PolicyShown
from headrace.core.functions.settings import Code

Bodies = Mapping[Any, bytes]


def publish_layer_version(
    parameters: Parameters, context: Context, rooms: Any
) -> PublishLayerVersion:
    """Read PublishLayerVersion; the archive was stored before, or is not looked at."""
    return PublishLayerVersion(
        caller=context.account,
        reference=_reference(parameters, context),
        content=_content(parameters["Content"]),
        seed=context.seed,
        description=parameters.get("Description", ""),
        runtimes=_optional(parameters, "CompatibleRuntimes"),
        architectures=_optional(parameters, "CompatibleArchitectures"),
        license_info=parameters.get("LicenseInfo"),
    )


def get_layer_version(parameters: Parameters, context: Context, rooms: Any) -> GetLayerVersion:
    """Read GetLayerVersion."""
    return GetLayerVersion(context.account, context.region, _reference(parameters, context))


def get_layer_version_by_arn(
    parameters: Parameters, context: Context, rooms: Any
) -> GetLayerVersion:
    """Read GetLayerVersionByArn; AWS's own layers are not to be had here.

    Raises:
        ResourceNotFound: The ARN is one of those.
    """
    reference = parse_layer_version(parameters["Arn"])
    if reference is None:
        raise ResourceNotFound("The resource you requested does not exist.")
    return GetLayerVersion(context.account, context.region, reference)


def list_layers(parameters: Parameters, context: Context, rooms: Any) -> ListLayers:
    """Read ListLayers."""
    (after,) = decode_marker(parameters)
    return ListLayers(
        account=context.account,
        region=context.region,
        after=after,
        at_most=at_most(parameters),
        runtime=parameters.get("CompatibleRuntime"),
        architecture=parameters.get("CompatibleArchitecture"),
    )


def list_layer_versions(parameters: Parameters, context: Context, rooms: Any) -> ListLayerVersions:
    """Read ListLayerVersions."""
    (before,) = decode_marker(parameters)
    if before and not (before.isascii() and before.isdigit() and len(before) < 20):
        raise InvalidParameterValue("The marker is invalid.")
    return ListLayerVersions(
        caller=context.account,
        reference=_reference(parameters, context),
        before=int(before or 0),
        at_most=at_most(parameters),
        runtime=parameters.get("CompatibleRuntime"),
        architecture=parameters.get("CompatibleArchitecture"),
    )


def delete_layer_version(
    parameters: Parameters, context: Context, rooms: Any
) -> DeleteLayerVersion:
    """Read DeleteLayerVersion."""
    return DeleteLayerVersion(context.account, _reference(parameters, context))


def add_layer_permission(
    parameters: Parameters, context: Context, rooms: Any
) -> AddLayerPermission:
    """Read AddLayerVersionPermission."""
    return AddLayerPermission(
        caller=context.account,
        reference=_reference(parameters, context),
        statement_id=parameters["StatementId"],
        action=parameters["Action"],
        principal=parameters["Principal"],
        seed=context.seed,
        organization_id=parameters.get("OrganizationId", ""),
        revision_id=parameters.get("RevisionId"),
    )


def remove_layer_permission(
    parameters: Parameters, context: Context, rooms: Any
) -> RemoveLayerPermission:
    """Read RemoveLayerVersionPermission."""
    return RemoveLayerPermission(
        caller=context.account,
        reference=_reference(parameters, context),
        statement_id=parameters["StatementId"],
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
    )


def get_layer_policy(parameters: Parameters, context: Context, rooms: Any) -> GetLayerPolicy:
    """Read GetLayerVersionPolicy."""
    return GetLayerPolicy(context.account, _reference(parameters, context))


def _content(given: Parameters) -> Code:
    """Return which archive is meant.

    Raises:
        InvalidParameterValue: None, or a folder, which a layer cannot follow.
    """
    code = code_of(given)
    if code.folder:
        raise InvalidParameterValue(
            "This server takes folders as the code of functions only. Send the layer's archive as "
            "ZipFile."
        )
    return code


def _reference(parameters: Parameters, context: Context) -> LayerReference:
    version = int(parameters.get("VersionNumber", 0))
    return parse_layer(parameters["LayerName"], version, context.account, context.region)


def _optional(parameters: Parameters, member: str) -> tuple[str, ...] | None:
    """Return a list that is echoed when it was sent, though it be empty (L-A71)."""
    return tuple(parameters[member]) if member in parameters else None


def answer_version(
    parameters: Parameters, context: Context, reply: LayerVersionShown, bodies: Bodies
) -> Answer:
    """Answer with the version, and where its archive can be fetched."""
    content = reply.version.content
    return {
        "Content": {
            "Location": f"{context.base_url}{reply.link}",
            "CodeSha256": content.code_sha256,
            "CodeSize": content.size_bytes,
        },
        "LayerArn": reply.arn,
        **_listed(reply),
    }


def answer_layers(
    parameters: Parameters, context: Context, reply: LayersListed, bodies: Bodies
) -> Answer:
    """Answer with a page of layers, each with its newest version that fits."""
    answer: Answer = {
        "Layers": [
            {
                "LayerName": one.name,
                "LayerArn": one.arn,
                "LatestMatchingVersion": _listed(one),
            }
            for one in reply.entries
        ]
    }
    if reply.more:
        answer["NextMarker"] = encode_marker(reply.entries[-1].name)
    return answer


def answer_versions(
    parameters: Parameters, context: Context, reply: LayersListed, bodies: Bodies
) -> Answer:
    """Answer with a page of versions, without their contents (L-A77)."""
    answer: Answer = {"LayerVersions": [_listed(one) for one in reply.entries]}
    if reply.more:
        answer["NextMarker"] = encode_marker(str(reply.entries[-1].version.number))
    return answer


def _listed(shown: LayerVersionShown) -> Answer:
    version = shown.version
    answer: Answer = {
        "LayerVersionArn": f"{shown.arn}:{version.number}",
        "Description": version.description,
        "CreatedDate": format_modified(version.created_at),
        "Version": version.number,
    }
    if version.architectures is not None:
        answer["CompatibleArchitectures"] = list(version.architectures)
    if version.runtimes is not None:
        answer["CompatibleRuntimes"] = list(version.runtimes)
    if version.license_info is not None:
        answer["LicenseInfo"] = version.license_info
    return answer


def answer_policy(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Answer with the policy's text."""
    return {"Policy": reply.text, "RevisionId": reply.revision_id}


def answer_statement(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Answer with the text of the statement that was added."""
    return {"Statement": reply.text, "RevisionId": reply.revision_id}


def answer_done(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


OPERATIONS: dict[str, Operation] = {
    "PublishLayerVersion": Operation(publish_layer_version, answer_version),
    "GetLayerVersion": Operation(get_layer_version, answer_version),
    "GetLayerVersionByArn": Operation(get_layer_version_by_arn, answer_version),
    "ListLayers": Operation(list_layers, answer_layers),
    "ListLayerVersions": Operation(list_layer_versions, answer_versions),
    "DeleteLayerVersion": Operation(delete_layer_version, answer_done),
    "AddLayerVersionPermission": Operation(add_layer_permission, answer_statement),
    "RemoveLayerVersionPermission": Operation(remove_layer_permission, answer_done),
    "GetLayerVersionPolicy": Operation(get_layer_policy, answer_policy),
}
