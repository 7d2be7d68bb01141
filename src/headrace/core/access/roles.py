"""Rules: roles, their inline policies, and the managed ones that they have.

Source: the IAM API reference; spec/lambda.md 9.1 and 9.6 say what deploy tools ask for.
"""

from typing import Any

from msgspec.structs import replace

from headrace.core.access import limits
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
from headrace.core.access.decision import ACCESS, Decision, Scene
from headrace.core.access.documents import check_permissions, check_size, check_trust
from headrace.core.access.errors import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from headrace.core.access.ids import make_id
from headrace.core.access.records import RoleDeleted, RoleWritten
from headrace.core.access.replies import Done, RoleShown, RolesListed
from headrace.core.access.role import Role
from headrace.core.access.tags import tagged


def create(command: CreateRole, scene: Scene) -> Decision:
    """Make a role."""
    _check_trust(command.trust)
    if scene.book.has_role(command.account, command.name):
        raise EntityAlreadyExists(f"Role with name {command.name} already exists.")
    if len(scene.book.roles(command.account)) >= limits.ROLES_MAX:
        raise LimitExceeded(f"Cannot exceed quota for RolesPerAccount: {limits.ROLES_MAX}")
    role = Role(
        account=command.account,
        name=command.name,
        path=command.path,
        id=make_id("AROA", command.seed),
        created_at=scene.now,
        trust=command.trust,
        description=command.description,
        max_session_s=command.max_session_s,
        boundary=command.boundary,
        tags=tagged({}, command.tags, ()),
    )
    return Decision(RoleShown(role), _written(role, scene))


def find(command: FindRole, scene: Scene) -> Decision:
    """Show a role."""
    return Decision(RoleShown(scene.book.role(command.account, command.name)))


def list_roles(command: ListRoles, scene: Scene) -> Decision:
    """Show the roles below a path."""
    roles = scene.book.roles(command.account)
    return Decision(RolesListed([one for one in roles if one.path.startswith(command.path_prefix)]))


def update(command: UpdateRole, scene: Scene) -> Decision:
    """Change a role."""
    role = scene.book.role(command.account, command.name)
    if command.trust is not None:
        _check_trust(command.trust)
    changes: dict[str, Any] = {
        name: value
        for name in ("description", "max_session_s", "trust", "boundary")
        if (value := getattr(command, name)) is not None
    }
    role = replace(role, **changes)
    return Decision(RoleShown(role), _written(role, scene))


def delete(command: DeleteRole, scene: Scene) -> Decision:
    """Delete a role that has no policies."""
    role = scene.book.role(command.account, command.name)
    if role.attached:
        raise DeleteConflict("Cannot delete entity, must detach all policies first.")
    if role.inline:
        raise DeleteConflict("Cannot delete entity, must delete policies first.")
    return Decision(Done(), [RoleDeleted(ACCESS, scene.now, role.account, role.name)])


def tag(command: TagRole, scene: Scene) -> Decision:
    """Change a role's tags."""
    role = scene.book.role(command.account, command.name)
    tags = tagged(role.tags, command.tags, command.untagged)
    return Decision(Done(), _written(replace(role, tags=tags), scene))


def put_policy(command: PutRolePolicy, scene: Scene) -> Decision:
    """Write an inline policy."""
    role = scene.book.role(command.account, command.name)
    check_permissions(command.document)
    inline = {**role.inline, command.policy: command.document}
    quota = f"inline policies for role {role.name}"
    check_size(quota, limits.INLINE_POLICIES_CHARACTERS_MAX, *inline.values())
    return Decision(Done(), _written(replace(role, inline=_sorted(inline)), scene))


def find_policy(command: FindRolePolicy, scene: Scene) -> Decision:
    """Show a role that has an inline policy."""
    return Decision(RoleShown(_with_policy(command, scene)))


def delete_policy(command: DeleteRolePolicy, scene: Scene) -> Decision:
    """Delete an inline policy."""
    role = _with_policy(command, scene)
    inline = {name: text for name, text in role.inline.items() if name != command.policy}
    return Decision(Done(), _written(replace(role, inline=inline), scene))


def attach(command: AttachRolePolicy, scene: Scene) -> Decision:
    """Attach a managed policy."""
    role = scene.book.role(command.account, command.name)
    try:
        scene.book.policy(command.account, command.arn)
    except NoSuchEntity:
        text = f"Policy {command.arn} does not exist or is not attachable."
        raise NoSuchEntity(text) from None
    if command.arn in role.attached:
        return Decision(Done())
    if len(role.attached) >= limits.ATTACHED_MAX:
        raise LimitExceeded(f"Cannot exceed quota for PoliciesPerRole: {limits.ATTACHED_MAX}")
    return Decision(Done(), _written(replace(role, attached=(*role.attached, command.arn)), scene))


def detach(command: DetachRolePolicy, scene: Scene) -> Decision:
    """Detach a managed policy."""
    role = scene.book.role(command.account, command.name)
    if command.arn not in role.attached:
        raise NoSuchEntity(f"Policy {command.arn} was not found.")
    attached = tuple(arn for arn in role.attached if arn != command.arn)
    return Decision(Done(), _written(replace(role, attached=attached), scene))


def _check_trust(document: str) -> None:
    check_trust(document)
    check_size("ACLSizePerRole", limits.TRUST_POLICY_CHARACTERS_MAX, document)


def _with_policy(command: FindRolePolicy | DeleteRolePolicy, scene: Scene) -> Role:
    role = scene.book.role(command.account, command.name)
    if command.policy not in role.inline:
        raise NoSuchEntity(f"The role policy with name {command.policy} cannot be found.")
    return role


def _written(role: Role, scene: Scene) -> list[RoleWritten]:
    return [RoleWritten(ACCESS, scene.now, role)]


def _sorted(texts: dict[str, str]) -> dict[str, str]:
    return dict(sorted(texts.items()))
