"""Rules: who else may use a layer version.

Source: spec/lambda.md 1.4, L-A76, L-A78.
"""

from typing import Any

import msgspec

from headrace.base.arn import partition_of
from headrace.core.functions.commands import (
    AddLayerPermission,
    GetLayerPolicy,
    RemoveLayerPermission,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import (
    PreconditionFailed,
    ResourceConflict,
    ResourceNotFound,
    access_denied,
)
from headrace.core.functions.function import derived_uuid
from headrace.core.functions.layer import LayerPolicy, LayerVersion
from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.records import LayerPolicySet
from headrace.core.functions.replies import Done, LayerPolicyShown

_NO_POLICY = "No policy is associated with the given resource."


def add(command: AddLayerPermission, scene: Scene) -> Decision:
    """Add a statement; the reply shows this one alone."""
    number, version = _find(command.caller, command.reference, "AddLayerVersionPermission", scene)
    statements = {} if version.policy is None else version.policy.statements
    if command.statement_id in statements:
        raise ResourceConflict(
            f"The statement id ({command.statement_id}) provided already exists. Please provide a "
            "new statement id, or remove the existing statement."
        )
    _check_revision(command.revision_id, version)
    text = _statement(command)
    record = LayerPolicySet(
        machine=number,
        at=scene.now,
        version=version.number,
        statements={**statements, command.statement_id: text},
        seed=command.seed,
    )
    return Decision(LayerPolicyShown(text, _revision(command.seed)), [record])


def remove(command: RemoveLayerPermission, scene: Scene) -> Decision:
    """Take a statement away; with the last one goes the policy."""
    number, version = _find(
        command.caller, command.reference, "RemoveLayerVersionPermission", scene
    )
    if version.policy is None:
        raise ResourceNotFound(_NO_POLICY)
    statements = dict(version.policy.statements)
    if statements.pop(command.statement_id, None) is None:
        raise ResourceNotFound(f"Statement {command.statement_id} is not found in resource policy.")
    _check_revision(command.revision_id, version)
    record = LayerPolicySet(number, scene.now, version.number, statements, command.seed)
    return Decision(Done(), [record])


def get(command: GetLayerPolicy, scene: Scene) -> Decision:
    """Show the whole policy."""
    _, version = _find(command.caller, command.reference, "GetLayerVersionPolicy", scene)
    if version.policy is None:
        raise ResourceNotFound(_NO_POLICY)
    statements = [msgspec.Raw(text.encode()) for text in version.policy.statements.values()]
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    text = msgspec.json.encode(document).decode()
    return Decision(LayerPolicyShown(text, _revision(version.policy.seed)))


def _find(
    caller: str, reference: LayerReference, action: str, scene: Scene
) -> tuple[int, LayerVersion]:
    if reference.account != caller:
        raise access_denied(caller, reference.region, action, reference.arn)
    found = scene.directory.layers.find(reference)
    if found is None:
        raise ResourceNotFound(f"Layer version {reference.version_arn} does not exist.")
    return found[0], found[2]


def _statement(command: AddLayerPermission) -> str:
    reference = command.reference
    principal: Any = command.principal
    if principal.isdigit():
        principal = f"arn:{partition_of(reference.region)}:iam::{principal}:root"
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
    return msgspec.json.encode(statement).decode()


def _check_revision(revision_id: str | None, version: LayerVersion) -> None:
    """Refuse a caller who knows another policy; one that is not there has no revision."""
    policy: LayerPolicy | None = version.policy
    if revision_id is not None and (policy is None or revision_id != _revision(policy.seed)):
        raise PreconditionFailed(
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetLayerPolicy API to retrieve the latest Revision Id"
        )


def _revision(seed: bytes) -> str:
    return derived_uuid(seed, b"policy")
