"""Operations on versions: parameters to commands, replies to answers.

Source: spec/lambda.md 1.11.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import at_most, decode_marker, encode_marker, reference_of
from headrace.api.functions.functions import answer_function
from headrace.api.functions.settings import listed
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.commands import ListVersions, PublishVersion
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import LATEST
from headrace.core.functions.replies import FunctionsListed


def publish_version(parameters: Parameters, context: Context, rooms: Any) -> PublishVersion:
    """Read PublishVersion.

    Raises:
        InvalidParameterValue: `PublishTo` is for functions on managed instances.
    """
    if parameters.get("PublishTo"):
        raise InvalidParameterValue("This server does not serve PublishTo yet.")
    return PublishVersion(
        reference=reference_of(parameters, context, "PublishVersion"),
        seed=context.seed,
        description=parameters.get("Description"),
        code_sha256=parameters.get("CodeSha256"),
        revision_id=parameters.get("RevisionId"),
    )


def list_versions(parameters: Parameters, context: Context, rooms: Any) -> ListVersions:
    """Read ListVersionsByFunction."""
    (after,) = decode_marker(parameters)
    if after not in {"", LATEST} and not (after.isascii() and after.isdigit()):
        raise InvalidParameterValue("The marker is invalid.")
    return ListVersions(
        reference=reference_of(parameters, context, "ListVersionsByFunction"),
        after=after,
        at_most=at_most(parameters),
    )


def answer_versions(
    parameters: Parameters, context: Context, reply: FunctionsListed, bodies: Mapping[Any, bytes]
) -> Answer:
    """Answer with a page; every ARN is qualified, that of $LATEST too (V5)."""
    answer: Answer = {"Versions": [listed(view, qualified=True) for view in reply.views]}
    if reply.more:
        answer["NextMarker"] = encode_marker(reply.views[-1].version)
    return answer


OPERATIONS: dict[str, Operation] = {
    "PublishVersion": Operation(publish_version, answer_function),
    "ListVersionsByFunction": Operation(list_versions, answer_versions),
}
