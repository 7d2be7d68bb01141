"""What callers ask of the room; replies stand in `replies.py`."""

import msgspec


class CreateRole(msgspec.Struct, frozen=True, gc=False):
    """Make a role. Reply: `RoleShown`."""

    account: str
    name: str
    path: str
    trust: str
    seed: bytes
    description: str | None = None
    max_session_s: int = 3_600
    boundary: str = ""
    tags: dict[str, str] = {}


class FindRole(msgspec.Struct, frozen=True, gc=False):
    """Look a role up, for whatever of it is asked for. Reply: `RoleShown`."""

    account: str
    name: str


class ListRoles(msgspec.Struct, frozen=True, gc=False):
    """Reply: `RolesListed`, by name."""

    account: str
    path_prefix: str = "/"


class UpdateRole(msgspec.Struct, frozen=True, gc=False):
    """Change what is not None. Reply: `RoleShown`."""

    account: str
    name: str
    description: str | None = None
    max_session_s: int | None = None
    trust: str | None = None
    boundary: str | None = None  #: Empty: take it away.


class DeleteRole(msgspec.Struct, frozen=True, gc=False):
    """Delete a role without policies. Reply: `Done`."""

    account: str
    name: str


class TagRole(msgspec.Struct, frozen=True, gc=False):
    """Add tags and remove keys. Reply: `Done`."""

    account: str
    name: str
    tags: dict[str, str] = {}
    untagged: tuple[str, ...] = ()


class PutRolePolicy(msgspec.Struct, frozen=True, gc=False):
    """Write an inline policy. Reply: `Done`."""

    account: str
    name: str
    policy: str
    document: str


class FindRolePolicy(msgspec.Struct, frozen=True, gc=False):
    """Reply: `RoleShown`, of a role that has this inline policy."""

    account: str
    name: str
    policy: str


class DeleteRolePolicy(msgspec.Struct, frozen=True, gc=False):
    """Delete an inline policy. Reply: `Done`."""

    account: str
    name: str
    policy: str


class AttachRolePolicy(msgspec.Struct, frozen=True, gc=False):
    """Attach a managed policy; again is fine. Reply: `Done`."""

    account: str
    name: str
    arn: str


class DetachRolePolicy(msgspec.Struct, frozen=True, gc=False):
    """Detach a managed policy. Reply: `Done`."""

    account: str
    name: str
    arn: str


class CreatePolicy(msgspec.Struct, frozen=True, gc=False):
    """Make a managed policy with its first version. Reply: `PolicyShown`."""

    account: str
    name: str
    path: str
    document: str
    seed: bytes
    description: str | None = None
    tags: dict[str, str] = {}


class FindPolicy(msgspec.Struct, frozen=True, gc=False):
    """Look a managed policy up. Reply: `PolicyShown`."""

    account: str
    arn: str


class FindPolicyVersion(msgspec.Struct, frozen=True, gc=False):
    """Look a version up. Reply: `PolicyShown`, of a policy that has it."""

    account: str
    arn: str
    version: str


class ListPolicies(msgspec.Struct, frozen=True, gc=False):
    """Reply: `PoliciesListed`, by ARN."""

    account: str
    path_prefix: str = "/"
    scope: str = "All"  #: "All", "AWS" or "Local".
    only_attached: bool = False


class ListEntities(msgspec.Struct, frozen=True, gc=False):
    """Who has a managed policy. Reply: `RolesListed`."""

    account: str
    arn: str
    path_prefix: str = "/"


class DeletePolicy(msgspec.Struct, frozen=True, gc=False):
    """Delete a managed policy that nobody has, and that has one version. Reply: `Done`."""

    account: str
    arn: str


class CreatePolicyVersion(msgspec.Struct, frozen=True, gc=False):
    """Add a version. Reply: `PolicyShown`; its newest version is the new one."""

    account: str
    arn: str
    document: str
    is_default: bool = False


class DeletePolicyVersion(msgspec.Struct, frozen=True, gc=False):
    """Delete a version that is not the default. Reply: `Done`."""

    account: str
    arn: str
    version: str


class SetDefaultPolicyVersion(msgspec.Struct, frozen=True, gc=False):
    """Let another version be in force. Reply: `Done`."""

    account: str
    arn: str
    version: str


class TagPolicy(msgspec.Struct, frozen=True, gc=False):
    """Add tags and remove keys. Reply: `Done`."""

    account: str
    arn: str
    tags: dict[str, str] = {}
    untagged: tuple[str, ...] = ()
