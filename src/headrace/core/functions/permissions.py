"""Rules: who else may use a function, version or alias.

Source: spec/lambda.md 1.4, 1.20, 13.6.
"""

import re
from typing import Any

from headrace.core.functions import limits
from headrace.core.functions.accesscommands import (
    AddPermission,
    DeletePolicy,
    GetPolicy,
    Grant,
    PutPolicy,
    RemovePermission,
)
from headrace.core.functions.aliases import revision_of
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import (
    InvalidParameterValue,
    PolicyLengthExceeded,
    ResourceNotFound,
    alias_not_found,
    function_not_found,
)
from headrace.core.functions.function import Function, is_settled, view
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.policy import (
    NO_POLICY,
    Policy,
    account_root,
    check_revision,
    with_statement,
    without_statement,
)
from headrace.core.functions.policydocument import read_policy
from headrace.core.functions.records import FunctionPolicySet
from headrace.core.functions.replies import Done, PolicyShown

#: What may use a function besides "*": an account, a user, role or session of one, a service.
_PRINCIPAL = re.compile(
    r"\d{12}"
    r"|arn:aws[a-zA-Z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role|federated-user)/\S+)"
    r"|([a-zA-Z0-9-]+\.)+amazon(aws)?\.com(\.cn)?",
    re.ASCII,
)

_ABSENT = "The resource you requested does not exist."


def add(command: AddPermission, scene: Scene) -> Decision:
    """Add a statement; the reply shows this one alone."""
    reference, grant = command.reference, command.grant
    _refuse_latest(reference)
    number, function = scene.directory.find_function(reference)
    _check_qualifier(function, reference)
    _check_grant(grant)
    before = function.policies.get(reference.qualifier or "")
    statement = _statement(grant, reference)
    policy = with_statement(before, grant.statement_id, statement, command.seed)
    _check(command, "GetPolicy", number, function, before, scene)
    _check_length(policy.text)
    reply = PolicyShown(policy.statements[grant.statement_id], policy.revision_id)
    return _set(number, reference, policy, reply, scene)


def remove(command: RemovePermission, scene: Scene) -> Decision:
    """Take a statement away; with the last one goes the policy."""
    reference = command.reference
    number = scene.directory.locate(reference)
    if number is None:
        raise ResourceNotFound(f"No policy found for: {reference.arn}")
    function = scene.directory.functions[number]
    _check_qualifier(function, reference)
    before = function.policies.get(reference.qualifier or "")
    policy = without_statement(before, command.statement_id, command.seed)
    _check(command, "GetPolicy", number, function, before, scene)
    return _set(number, reference, policy, Done(), scene)


def get(command: GetPolicy, scene: Scene) -> Decision:
    """Show the whole policy."""
    reference = command.reference
    number = scene.directory.locate(reference)
    policy = None
    if number is not None:
        policy = scene.directory.functions[number].policies.get(reference.qualifier or "")
    if policy is None:
        raise ResourceNotFound(_ABSENT)
    return Decision(PolicyShown(policy.text, policy.revision_id))


def put(command: PutPolicy, scene: Scene) -> Decision:
    """Put a whole policy in the place of what there is."""
    reference = command.reference
    _refuse_latest(reference)
    number, function = scene.directory.find_function(reference)
    _check_qualifier(function, reference)
    policy = read_policy(command.text, reference.qualified_arn, command.seed)
    before = function.policies.get(reference.qualifier or "")
    _check(command, "GetResourcePolicy", number, function, before, scene)
    _check_length(policy.text)
    return _set(number, reference, policy, PolicyShown(policy.text, policy.revision_id), scene)


def delete(command: DeletePolicy, scene: Scene) -> Decision:
    """Take the whole policy away."""
    reference = command.reference
    number, function = scene.directory.find_function(reference)
    _check_qualifier(function, reference)
    before = function.policies.get(reference.qualifier or "")
    if before is None:
        raise ResourceNotFound(NO_POLICY)
    _check(command, "GetResourcePolicy", number, function, before, scene)
    return _set(number, reference, Policy({}, command.seed), Done(), scene)


def _refuse_latest(reference: FunctionReference) -> None:
    """Refuse a policy for $LATEST, whether the function is there or not."""
    if reference.qualifier == LATEST:
        raise InvalidParameterValue("We currently do not support adding policies for $LATEST.")


def _check_qualifier(function: Function, reference: FunctionReference) -> None:
    """Refuse a version or alias that is not there; each is told in its own words (L-A43)."""
    qualifier = reference.qualifier
    if qualifier is None or qualifier in function.versions or qualifier in function.aliases:
        return
    if "$" in qualifier or qualifier.isdigit():
        raise function_not_found(reference.qualified_arn)
    raise alias_not_found(reference.qualified_arn)


def _check_grant(grant: Grant) -> None:
    """Refuse a principal that cannot be, and a condition that its action has not."""
    if grant.principal != "*" and _PRINCIPAL.fullmatch(grant.principal) is None:
        raise InvalidParameterValue(
            "The provided principal was invalid. Please check the principal and try again."
        )
    if grant.url_auth_type and grant.action != "lambda:InvokeFunctionUrl":
        raise InvalidParameterValue(
            "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action"
        )


def _check(
    command: AddPermission | RemovePermission | PutPolicy | DeletePolicy,
    operation: str,
    number: int,
    function: Function,
    policy: Policy | None,
    scene: Scene,
) -> None:
    """Refuse a caller who knows another policy, or where there is none another resource (L-A45)."""
    if command.revision_id is None:
        return
    qualifier = command.reference.qualifier or LATEST
    if policy is not None:
        latest = policy.revision_id
    elif qualifier in function.aliases:
        latest = revision_of(function.aliases[qualifier])
    else:
        version = function.versions[qualifier]
        settled = is_settled(version, scene.now)
        latest = view(number, function, version, settled=settled).revision_id
    check_revision(command.revision_id, latest, operation)


def _check_length(text: str) -> None:
    size = len(text.encode())
    if size > limits.POLICY_BYTES_MAX:
        raise PolicyLengthExceeded(
            f"The final policy size ({size}) is bigger than the limit ({limits.POLICY_BYTES_MAX})."
        )


def _statement(grant: Grant, reference: FunctionReference) -> dict[str, Any]:
    """Return the statement, its members in AWS's order (L-A47)."""
    statement: dict[str, Any] = {
        "Sid": grant.statement_id,
        "Effect": "Allow",
        "Principal": _principal(grant.principal, reference.region),
        "Action": grant.action,
        "Resource": reference.qualified_arn,
    }
    equal = {
        "AWS:SourceAccount": grant.source_account,
        "aws:PrincipalOrgID": grant.organization_id,
        "lambda:FunctionUrlAuthType": grant.url_auth_type,
        "lambda:EventSourceToken": grant.event_source_token,
    }
    conditions = {
        "StringEquals": {key: value for key, value in equal.items() if value},
        "ArnLike": {"AWS:SourceArn": grant.source_arn} if grant.source_arn else {},
        "Bool": {},
    }
    if grant.via_url is not None:
        conditions["Bool"]["lambda:InvokedViaFunctionUrl"] = "true" if grant.via_url else "false"
    conditions = {operator: tests for operator, tests in conditions.items() if tests}
    if conditions:
        statement["Condition"] = conditions
    return statement


def _principal(principal: str, region: str) -> str | dict[str, str]:
    if principal == "*":
        return principal
    if principal.startswith("arn:") or principal.isdigit():
        return {"AWS": account_root(principal, region)}
    return {"Service": principal}


def _set(
    number: int, reference: FunctionReference, policy: Policy, reply: Any, scene: Scene
) -> Decision:
    record = FunctionPolicySet(number, scene.now, reference.qualifier or "", policy)
    return Decision(reply, [record])
