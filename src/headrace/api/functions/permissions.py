"""Operations on the policies of functions: parameters to commands, replies to answers.

Source: spec/lambda.md 1.20, 13.6.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.functions.asking import reference_of
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.functions.accesscommands import (
    AddPermission,
    DeletePolicy,
    GetPolicy,
    Grant,
    PutPolicy,
    RemovePermission,
)
from headrace.core.functions.errors import ResourceNotFound
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import Done, PolicyShown

Bodies = Mapping[Any, bytes]


def add_permission(parameters: Parameters, context: Context, rooms: Any) -> AddPermission:
    """Read AddPermission."""
    return AddPermission(
        reference=reference_of(parameters, context, "AddPermission"),
        grant=Grant(
            statement_id=parameters["StatementId"],
            action=parameters["Action"],
            principal=parameters["Principal"],
            source_arn=parameters.get("SourceArn", ""),
            source_account=parameters.get("SourceAccount", ""),
            organization_id=parameters.get("PrincipalOrgID", ""),
            url_auth_type=parameters.get("FunctionUrlAuthType", ""),
            event_source_token=parameters.get("EventSourceToken", ""),
            via_url=parameters.get("InvokedViaFunctionUrl"),
        ),
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
    )


def remove_permission(parameters: Parameters, context: Context, rooms: Any) -> RemovePermission:
    """Read RemovePermission."""
    return RemovePermission(
        reference=reference_of(parameters, context, "RemovePermission"),
        statement_id=parameters["StatementId"],
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
    )


def get_policy(parameters: Parameters, context: Context, rooms: Any) -> GetPolicy:
    """Read GetPolicy."""
    return GetPolicy(reference_of(parameters, context, "GetPolicy"))


def put_resource_policy(parameters: Parameters, context: Context, rooms: Any) -> PutPolicy:
    """Read PutResourcePolicy."""
    return PutPolicy(
        reference=_resource(parameters, context, "PutResourcePolicy"),
        text=parameters["Policy"],
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
    )


def get_resource_policy(parameters: Parameters, context: Context, rooms: Any) -> GetPolicy:
    """Read GetResourcePolicy."""
    return GetPolicy(_resource(parameters, context, "GetResourcePolicy"))


def delete_resource_policy(parameters: Parameters, context: Context, rooms: Any) -> DeletePolicy:
    """Read DeleteResourcePolicy."""
    return DeletePolicy(
        reference=_resource(parameters, context, "DeleteResourcePolicy"),
        seed=context.seed,
        revision_id=parameters.get("RevisionId"),
    )


def _resource(parameters: Parameters, context: Context, action: str) -> FunctionReference:
    """Return which function a whole ARN means.

    Raises:
        ResourceNotFound: It is that of a runtime, of which this server has none that are shared.
    """
    arn = parameters["ResourceArn"]
    if ":function:" not in arn:
        raise ResourceNotFound("The resource you requested does not exist.")
    return parse_reference(arn, None, context.account, context.region, action)


def answer_statement(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Answer with the text of the statement that was added."""
    return {"Statement": reply.text}


def answer_policy(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Answer with the policy's text."""
    return {"Policy": reply.text, "RevisionId": reply.revision_id}


def answer_removed(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


OPERATIONS: dict[str, Operation] = {
    "AddPermission": Operation(add_permission, answer_statement),
    "RemovePermission": Operation(remove_permission, answer_removed),
    "GetPolicy": Operation(get_policy, answer_policy),
    "PutResourcePolicy": Operation(put_resource_policy, answer_policy),
    "GetResourcePolicy": Operation(get_resource_policy, answer_policy),
    "DeleteResourcePolicy": Operation(delete_resource_policy, answer_removed),
}
