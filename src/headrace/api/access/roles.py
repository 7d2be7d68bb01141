"""Operations on roles: parameters to commands, replies to answers.

Source: the IAM API reference; spec/lambda.md 9.6.
"""

from collections.abc import Callable, Mapping
from typing import Any

from headrace.api.access.shapes import encode_document, page, role_members, tag_members, tags_of
from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.core.access.commands import (
    AttachRolePolicy,
    CreateRole,
    DeleteRole,
    DeleteRolePolicy,
    DetachRolePolicy,
    FindRole,
    FindRolePolicy,
    ListRoles,
    PutRolePolicy,
    TagRole,
    UpdateRole,
)
from headrace.core.access.replies import RoleShown, RolesListed
from headrace.core.access.role import Role

Bodies = Mapping[Any, bytes]


def create_role(parameters: Parameters, context: Context, rooms: Any) -> CreateRole:
    """Read CreateRole."""
    return CreateRole(
        account=context.account,
        name=parameters["RoleName"],
        path=parameters.get("Path", "/"),
        trust=parameters["AssumeRolePolicyDocument"],
        seed=context.seed,
        description=parameters.get("Description"),
        max_session_s=parameters.get("MaxSessionDuration", 3_600),
        boundary=parameters.get("PermissionsBoundary", ""),
        tags=tags_of(parameters),
    )


def find_role(parameters: Parameters, context: Context, rooms: Any) -> FindRole:
    """Read what asks for anything of one role."""
    return FindRole(context.account, parameters["RoleName"])


def list_roles(parameters: Parameters, context: Context, rooms: Any) -> ListRoles:
    """Read ListRoles."""
    return ListRoles(context.account, parameters.get("PathPrefix", "/"))


def update_role(parameters: Parameters, context: Context, rooms: Any) -> UpdateRole:
    """Read whichever operation changes one or more settings of a role."""
    return UpdateRole(
        account=context.account,
        name=parameters["RoleName"],
        description=parameters.get("Description"),
        max_session_s=parameters.get("MaxSessionDuration"),
        trust=parameters.get("PolicyDocument"),
        boundary=parameters.get("PermissionsBoundary"),
    )


def delete_boundary(parameters: Parameters, context: Context, rooms: Any) -> UpdateRole:
    """Read DeleteRolePermissionsBoundary."""
    return UpdateRole(context.account, parameters["RoleName"], boundary="")


def delete_role(parameters: Parameters, context: Context, rooms: Any) -> DeleteRole:
    """Read DeleteRole."""
    return DeleteRole(context.account, parameters["RoleName"])


def tag_role(parameters: Parameters, context: Context, rooms: Any) -> TagRole:
    """Read TagRole and UntagRole."""
    keys = tuple(parameters.get("TagKeys", ()))
    return TagRole(context.account, parameters["RoleName"], tags_of(parameters), keys)


def put_role_policy(parameters: Parameters, context: Context, rooms: Any) -> PutRolePolicy:
    """Read PutRolePolicy."""
    name, policy = parameters["RoleName"], parameters["PolicyName"]
    return PutRolePolicy(context.account, name, policy, parameters["PolicyDocument"])


def find_role_policy(parameters: Parameters, context: Context, rooms: Any) -> FindRolePolicy:
    """Read GetRolePolicy."""
    return FindRolePolicy(context.account, parameters["RoleName"], parameters["PolicyName"])


def delete_role_policy(parameters: Parameters, context: Context, rooms: Any) -> DeleteRolePolicy:
    """Read DeleteRolePolicy."""
    return DeleteRolePolicy(context.account, parameters["RoleName"], parameters["PolicyName"])


def attach_role_policy(parameters: Parameters, context: Context, rooms: Any) -> AttachRolePolicy:
    """Read AttachRolePolicy."""
    return AttachRolePolicy(context.account, parameters["RoleName"], parameters["PolicyArn"])


def detach_role_policy(parameters: Parameters, context: Context, rooms: Any) -> DetachRolePolicy:
    """Read DetachRolePolicy."""
    return DetachRolePolicy(context.account, parameters["RoleName"], parameters["PolicyArn"])


def nothing(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Write an empty answer."""
    return {}


def role(parameters: Parameters, context: Context, reply: RoleShown, bodies: Bodies) -> Answer:
    """Write a role."""
    return {"Role": role_members(reply.role)}


def role_policy(
    parameters: Parameters, context: Context, reply: RoleShown, bodies: Bodies
) -> Answer:
    """Write an inline policy."""
    name = parameters["PolicyName"]
    return {
        "RoleName": reply.role.name,
        "PolicyName": name,
        "PolicyDocument": encode_document(reply.role.inline[name]),
    }


def roles(parameters: Parameters, context: Context, reply: RolesListed, bodies: Bodies) -> Answer:
    """Write a page of roles."""
    return page(parameters, "Roles", [role_members(one, is_listed=True) for one in reply.roles])


def _page_of(member: str, items: Callable[[Role, Parameters], list[Any]]) -> Operation:
    """Return the operation that lists something of one role."""

    def answer(
        parameters: Parameters, context: Context, reply: RoleShown, bodies: Bodies
    ) -> Answer:
        return page(parameters, member, items(reply.role, parameters))

    return Operation(find_role, answer)


def _attached(role: Role, parameters: Parameters) -> list[Answer]:
    prefix = f":policy{parameters.get('PathPrefix', '/')}"
    return [
        {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}
        for arn in role.attached
        if prefix in arn
    ]


OPERATIONS: dict[str, Operation] = {
    "CreateRole": Operation(create_role, role),
    "GetRole": Operation(find_role, role),
    "ListRoles": Operation(list_roles, roles),
    "UpdateRole": Operation(update_role, nothing),
    "UpdateRoleDescription": Operation(update_role, role),
    "UpdateAssumeRolePolicy": Operation(update_role, nothing),
    "DeleteRole": Operation(delete_role, nothing),
    "TagRole": Operation(tag_role, nothing),
    "UntagRole": Operation(tag_role, nothing),
    "ListRoleTags": _page_of("Tags", lambda role, _: tag_members(role.tags)),
    "PutRolePermissionsBoundary": Operation(update_role, nothing),
    "DeleteRolePermissionsBoundary": Operation(delete_boundary, nothing),
    "PutRolePolicy": Operation(put_role_policy, nothing),
    "GetRolePolicy": Operation(find_role_policy, role_policy),
    "ListRolePolicies": _page_of("PolicyNames", lambda role, _: list(role.inline)),
    "DeleteRolePolicy": Operation(delete_role_policy, nothing),
    "AttachRolePolicy": Operation(attach_role_policy, nothing),
    "DetachRolePolicy": Operation(detach_role_policy, nothing),
    "ListAttachedRolePolicies": _page_of("AttachedPolicies", _attached),
    # Instances are of another service; deploy tools ask before they delete a role.
    "ListInstanceProfilesForRole": _page_of("InstanceProfiles", lambda role, _: []),
}
