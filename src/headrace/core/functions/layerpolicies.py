"""Rules: who else may use a layer version.

Source: spec/lambda.md 1.4, L-A76, L-A78.
"""

from typing import Any

from headrace.core.functions.commands import (
    AddLayerPermission,
    GetLayerPolicy,
    RemoveLayerPermission,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import ResourceNotFound, access_denied
from headrace.core.functions.layer import LayerVersion
from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.policy import (
    NO_POLICY,
    Policy,
    account_root,
    check_revision,
    with_statement,
    without_statement,
)
from headrace.core.functions.records import LayerPolicySet
from headrace.core.functions.replies import Done, PolicyShown


def add(command: AddLayerPermission, scene: Scene) -> Decision:
    """Add a statement; the reply shows this one alone."""
    number, version = _find(command.caller, command.reference, "AddLayerVersionPermission", scene)
    policy = with_statement(version.policy, command.statement_id, _statement(command), command.seed)
    _check_revision(command.revision_id, version)
    reply = PolicyShown(policy.statements[command.statement_id], policy.revision_id)
    return Decision(reply, [_record(number, version, policy, scene)])


def remove(command: RemoveLayerPermission, scene: Scene) -> Decision:
    """Take a statement away; with the last one goes the policy."""
    number, version = _find(
        command.caller, command.reference, "RemoveLayerVersionPermission", scene
    )
    policy = without_statement(version.policy, command.statement_id, command.seed)
    _check_revision(command.revision_id, version)
    return Decision(Done(), [_record(number, version, policy, scene)])


def get(command: GetLayerPolicy, scene: Scene) -> Decision:
    """Show the whole policy."""
    _, version = _find(command.caller, command.reference, "GetLayerVersionPolicy", scene)
    if version.policy is None:
        raise ResourceNotFound(NO_POLICY)
    return Decision(PolicyShown(version.policy.text, version.policy.revision_id))


def _find(
    caller: str, reference: LayerReference, action: str, scene: Scene
) -> tuple[int, LayerVersion]:
    if reference.account != caller:
        raise access_denied(caller, reference.region, action, reference.arn)
    found = scene.directory.layers.find(reference)
    if found is None:
        raise ResourceNotFound(f"Layer version {reference.version_arn} does not exist.")
    return found[0], found[2]


def _statement(command: AddLayerPermission) -> dict[str, Any]:
    reference = command.reference
    principal = account_root(command.principal, reference.region)
    statement: dict[str, Any] = {
        "Sid": command.statement_id,
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": command.action,
        "Resource": reference.version_arn,
    }
    if command.organization_id:
        condition = {"aws:PrincipalOrgID": command.organization_id}
        statement["Condition"] = {"StringEquals": condition}
    return statement


def _check_revision(revision_id: str | None, version: LayerVersion) -> None:
    latest = None if version.policy is None else version.policy.revision_id
    check_revision(revision_id, latest, "GetLayerPolicy")


def _record(number: int, version: LayerVersion, policy: Policy, scene: Scene) -> LayerPolicySet:
    return LayerPolicySet(number, scene.now, version.number, policy.statements, policy.seed)
