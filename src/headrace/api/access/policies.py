"""Operations on managed policies: parameters to commands, replies to answers.

Source: the IAM API reference; spec/lambda.md 9.6.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.access.roles import nothing
from headrace.api.access.shapes import page, policy_members, tag_members, tags_of, version_members
from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.access.commands import (
    CreatePolicy,
    CreatePolicyVersion,
    DeletePolicy,
    DeletePolicyVersion,
    FindPolicy,
    FindPolicyVersion,
    ListEntities,
    ListPolicies,
    SetDefaultPolicyVersion,
    TagPolicy,
)
from headrace.core.access.replies import PoliciesListed, PolicyShown, RolesListed

Bodies = Mapping[Any, bytes]


def create_policy(parameters: Parameters, context: Context, rooms: Any) -> CreatePolicy:
    """Read CreatePolicy."""
    return CreatePolicy(
        account=context.account,
        name=parameters["PolicyName"],
        path=parameters.get("Path", "/"),
        document=parameters["PolicyDocument"],
        seed=context.seed,
        description=parameters.get("Description"),
        tags=tags_of(parameters),
    )


def find_policy(parameters: Parameters, context: Context, rooms: Any) -> FindPolicy:
    """Read what asks for anything of one policy."""
    return FindPolicy(context.account, parameters["PolicyArn"])


def list_policies(parameters: Parameters, context: Context, rooms: Any) -> ListPolicies:
    """Read ListPolicies."""
    return ListPolicies(
        account=context.account,
        path_prefix=parameters.get("PathPrefix", "/"),
        scope=parameters.get("Scope", "All"),
        only_attached=parameters.get("OnlyAttached", False),
    )


def list_entities(parameters: Parameters, context: Context, rooms: Any) -> ListEntities:
    """Read ListEntitiesForPolicy."""
    prefix = parameters.get("PathPrefix", "/")
    return ListEntities(context.account, parameters["PolicyArn"], prefix)


def delete_policy(parameters: Parameters, context: Context, rooms: Any) -> DeletePolicy:
    """Read DeletePolicy."""
    return DeletePolicy(context.account, parameters["PolicyArn"])


def create_policy_version(
    parameters: Parameters, context: Context, rooms: Any
) -> CreatePolicyVersion:
    """Read CreatePolicyVersion."""
    is_default = parameters.get("SetAsDefault", False)
    document = parameters["PolicyDocument"]
    return CreatePolicyVersion(context.account, parameters["PolicyArn"], document, is_default)


def find_policy_version(parameters: Parameters, context: Context, rooms: Any) -> FindPolicyVersion:
    """Read GetPolicyVersion."""
    return FindPolicyVersion(context.account, parameters["PolicyArn"], parameters["VersionId"])


def delete_policy_version(
    parameters: Parameters, context: Context, rooms: Any
) -> DeletePolicyVersion:
    """Read DeletePolicyVersion."""
    return DeletePolicyVersion(context.account, parameters["PolicyArn"], parameters["VersionId"])


def set_default_policy_version(
    parameters: Parameters, context: Context, rooms: Any
) -> SetDefaultPolicyVersion:
    """Read SetDefaultPolicyVersion."""
    arn, version = parameters["PolicyArn"], parameters["VersionId"]
    return SetDefaultPolicyVersion(context.account, arn, version)


def tag_policy(parameters: Parameters, context: Context, rooms: Any) -> TagPolicy:
    """Read TagPolicy and UntagPolicy."""
    keys = tuple(parameters.get("TagKeys", ()))
    return TagPolicy(context.account, parameters["PolicyArn"], tags_of(parameters), keys)


def created(parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies) -> Answer:
    """Write a new policy, without its description."""
    members = policy_members(reply, is_listed=True)
    return {"Policy": {**members, "Tags": tag_members(reply.policy.tags) or None}}


def policy(parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies) -> Answer:
    """Write a policy."""
    return {"Policy": policy_members(reply)}


def policies(
    parameters: Parameters, context: Context, reply: PoliciesListed, bodies: Bodies
) -> Answer:
    """Write a page of policies."""
    shown = [policy_members(one, is_listed=True) for one in reply.policies]
    return page(parameters, "Policies", shown)


def entities(
    parameters: Parameters, context: Context, reply: RolesListed, bodies: Bodies
) -> Answer:
    """Write a page of those that have a policy; there are only roles here."""
    roles = [{"RoleName": one.name, "RoleId": one.id} for one in reply.roles]
    if parameters.get("EntityFilter", "Role") != "Role":
        roles = []
    return {"PolicyGroups": [], "PolicyUsers": [], **page(parameters, "PolicyRoles", roles)}


def policy_version(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Write a version with its document."""
    found = reply.policy.version(parameters["VersionId"])
    assert found is not None, "the room has looked"
    return {"PolicyVersion": version_members(reply.policy, found, with_document=True)}


def new_version(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Write the newest version, without its document."""
    newest = reply.policy.versions[-1]
    return {"PolicyVersion": version_members(reply.policy, newest, with_document=False)}


def policy_versions(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Write a page of versions, newest first."""
    versions = [
        version_members(reply.policy, one, with_document=False)
        for one in reversed(reply.policy.versions)
    ]
    return page(parameters, "Versions", versions)


def policy_tags(
    parameters: Parameters, context: Context, reply: PolicyShown, bodies: Bodies
) -> Answer:
    """Write a page of tags."""
    return page(parameters, "Tags", tag_members(reply.policy.tags))


OPERATIONS: dict[str, Operation] = {
    "CreatePolicy": Operation(create_policy, created),
    "GetPolicy": Operation(find_policy, policy),
    "ListPolicies": Operation(list_policies, policies),
    "ListEntitiesForPolicy": Operation(list_entities, entities),
    "DeletePolicy": Operation(delete_policy, nothing),
    "CreatePolicyVersion": Operation(create_policy_version, new_version),
    "GetPolicyVersion": Operation(find_policy_version, policy_version),
    "ListPolicyVersions": Operation(find_policy, policy_versions),
    "DeletePolicyVersion": Operation(delete_policy_version, nothing),
    "SetDefaultPolicyVersion": Operation(set_default_policy_version, nothing),
    "TagPolicy": Operation(tag_policy, nothing),
    "UntagPolicy": Operation(tag_policy, nothing),
    "ListPolicyTags": Operation(find_policy, policy_tags),
}
