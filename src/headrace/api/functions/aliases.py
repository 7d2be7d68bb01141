"""Operations on aliases: parameters to commands, replies to answers.

Source: spec/lambda.md 1.12.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.alias import WEIGHT_SCALE
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    GetAlias,
    ListAliases,
    UpdateAlias,
)
from headrace.core.functions.replies import AliasesListed, AliasShown, Done

Bodies = Mapping[Any, bytes]


def create_alias(parameters: Parameters, context: Context, rooms: Any) -> CreateAlias:
    """Read CreateAlias."""
    return CreateAlias(
        reference=reference_of(parameters, context, "CreateAlias"),
        name=parameters["Name"],
        version=parameters["FunctionVersion"],
        seed=context.seed,
        description=parameters.get("Description", ""),
        weights=_weights(parameters) or {},
    )


def update_alias(parameters: Parameters, context: Context, rooms: Any) -> UpdateAlias:
    """Read UpdateAlias: what is absent stays as it is."""
    return UpdateAlias(
        reference=reference_of(parameters, context, "UpdateAlias"),
        name=parameters["Name"],
        seed=context.seed,
        version=parameters.get("FunctionVersion"),
        description=parameters.get("Description"),
        weights=_weights(parameters),
        revision_id=parameters.get("RevisionId"),
    )


def get_alias(parameters: Parameters, context: Context, rooms: Any) -> GetAlias:
    """Read GetAlias."""
    return GetAlias(reference_of(parameters, context, "GetAlias"), parameters["Name"])


def delete_alias(parameters: Parameters, context: Context, rooms: Any) -> DeleteAlias:
    """Read DeleteAlias."""
    return DeleteAlias(reference_of(parameters, context, "DeleteAlias"), parameters["Name"])


def list_aliases(parameters: Parameters, context: Context, rooms: Any) -> ListAliases:
    """Read ListAliases."""
    (after,) = decode_marker(parameters)
    return ListAliases(
        reference=reference_of(parameters, context, "ListAliases"),
        version=parameters.get("FunctionVersion"),
        after=after,
        at_most=at_most(parameters),
    )


def _weights(parameters: Parameters) -> dict[str, int] | None:
    """Return weights as whole parts of a billion; None when they are not spoken of."""
    if "RoutingConfig" not in parameters:
        return None
    given = parameters["RoutingConfig"].get("AdditionalVersionWeights") or {}
    return {version: round(weight * WEIGHT_SCALE) for version, weight in given.items()}


def answer_alias(
    parameters: Parameters, context: Context, reply: AliasShown, bodies: Bodies
) -> Answer:
    """Answer with the whole alias."""
    return alias_configuration(reply)


def answer_deleted(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_aliases(
    parameters: Parameters, context: Context, reply: AliasesListed, bodies: Bodies
) -> Answer:
    """Answer with a page."""
    answer: Answer = {"Aliases": [alias_configuration(alias) for alias in reply.aliases]}
    if reply.more:
        answer["NextMarker"] = encode_marker(reply.aliases[-1].name)
    return answer


def alias_configuration(alias: AliasShown) -> Answer:
    """Return AWS's AliasConfiguration; weights only where there are some."""
    answer: Answer = {
        "AliasArn": alias.arn,
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
    }
    if alias.weights:
        weights = {version: weight / WEIGHT_SCALE for version, weight in alias.weights.items()}
        answer["RoutingConfig"] = {"AdditionalVersionWeights": weights}
    answer["RevisionId"] = alias.revision_id
    return answer


OPERATIONS: dict[str, Operation] = {
    "CreateAlias": Operation(create_alias, answer_alias),
    "UpdateAlias": Operation(update_alias, answer_alias),
    "GetAlias": Operation(get_alias, answer_alias),
    "DeleteAlias": Operation(delete_alias, answer_deleted),
    "ListAliases": Operation(list_aliases, answer_aliases),
}
