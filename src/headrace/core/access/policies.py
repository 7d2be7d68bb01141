"""Rules: managed policies and their versions.

Source: the IAM API reference; spec/lambda.md 9.1 and 9.6 say what deploy tools ask for.
"""

from msgspec.structs import replace

from headrace.core.access import limits, managed
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
from headrace.core.access.decision import ACCESS, Decision, Scene
from headrace.core.access.documents import check_permissions, check_size
from headrace.core.access.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from headrace.core.access.ids import make_id
from headrace.core.access.records import PolicyDeleted, PolicyWritten
from headrace.core.access.replies import Done, PoliciesListed, PolicyShown, RolesListed
from headrace.core.access.role import Policy, PolicyVersion
from headrace.core.access.tags import tagged


def create(command: CreatePolicy, scene: Scene) -> Decision:
    """Make a managed policy."""
    _check(command.document)
    policy = Policy(
        account=command.account,
        name=command.name,
        path=command.path,
        id=make_id("ANPA", command.seed),
        created_at=scene.now,
        updated_at=scene.now,
        versions=(PolicyVersion(1, command.document, scene.now),),
        default=1,
        next_version=2,
        description=command.description,
        tags=tagged({}, command.tags, ()),
    )
    mine = scene.book.policies(command.account)
    if any(one.name.lower() == command.name.lower() for one in mine):
        raise EntityAlreadyExists(
            f"A policy called {command.name} already exists. Duplicate names are not allowed."
        )
    if len(mine) >= limits.POLICIES_MAX:
        raise LimitExceeded(f"Cannot exceed quota for PoliciesPerAccount: {limits.POLICIES_MAX}")
    return Decision(PolicyShown(policy, 0, 0), _written(policy, scene))


def find(command: FindPolicy, scene: Scene) -> Decision:
    """Show a managed policy."""
    policy = scene.book.policy(command.account, command.arn)
    return Decision(_shown(policy, command.account, scene))


def find_version(command: FindPolicyVersion, scene: Scene) -> Decision:
    """Show a managed policy that has this version."""
    policy = scene.book.policy(command.account, command.arn)
    _version(policy, command.version)
    return Decision(_shown(policy, command.account, scene))


def list_policies(command: ListPolicies, scene: Scene) -> Decision:
    """Show managed policies, the account's own before those of AWS that are known here."""
    found: list[Policy] = []
    if command.scope != "AWS":
        found += scene.book.policies(command.account)
    if command.scope != "Local":
        found += managed.known()
    attached, bounded = scene.book.uses(command.account)
    shown = [
        PolicyShown(one, attached[one.arn], bounded[one.arn])
        for one in found
        if one.path.startswith(command.path_prefix)
    ]
    return Decision(
        PoliciesListed([one for one in shown if one.attachments or not command.only_attached])
    )


def list_entities(command: ListEntities, scene: Scene) -> Decision:
    """Show who has a managed policy."""
    policy = scene.book.policy(command.account, command.arn)
    holders = scene.book.holders(command.account, policy.arn)
    return Decision(
        RolesListed([one for one in holders if one.path.startswith(command.path_prefix)])
    )


def delete(command: DeletePolicy, scene: Scene) -> Decision:
    """Delete a managed policy that nobody has."""
    policy = _own(command.account, command.arn, scene)
    if scene.book.holders(command.account, policy.arn):
        raise DeleteConflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflict(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    return Decision(Done(), [PolicyDeleted(ACCESS, scene.now, policy.arn)])


def create_version(command: CreatePolicyVersion, scene: Scene) -> Decision:
    """Add a version to a managed policy."""
    policy = _own(command.account, command.arn, scene)
    _check(command.document)
    if len(policy.versions) >= limits.VERSIONS_MAX:
        raise LimitExceeded(
            f"A managed policy can have up to {limits.VERSIONS_MAX} versions. Before you create a "
            "new version, you must delete an existing version."
        )
    number = policy.next_version
    policy = replace(
        policy,
        versions=(*policy.versions, PolicyVersion(number, command.document, scene.now)),
        default=number if command.is_default else policy.default,
        next_version=number + 1,
        updated_at=scene.now,
    )
    return Decision(_shown(policy, command.account, scene), _written(policy, scene))


def delete_version(command: DeletePolicyVersion, scene: Scene) -> Decision:
    """Delete a version of a managed policy."""
    policy = _own(command.account, command.arn, scene)
    version = _version(policy, command.version)
    if version.number == policy.default:
        raise DeleteConflict("Cannot delete the default version of a policy.")
    versions = tuple(one for one in policy.versions if one is not version)
    return Decision(Done(), _written(replace(policy, versions=versions), scene))


def set_default(command: SetDefaultPolicyVersion, scene: Scene) -> Decision:
    """Let a version of a managed policy be in force."""
    policy = _own(command.account, command.arn, scene)
    version = _version(policy, command.version)
    policy = replace(policy, default=version.number, updated_at=scene.now)
    return Decision(Done(), _written(policy, scene))


def tag(command: TagPolicy, scene: Scene) -> Decision:
    """Change a managed policy's tags."""
    policy = _own(command.account, command.arn, scene)
    tags = tagged(policy.tags, command.tags, command.untagged)
    return Decision(Done(), _written(replace(policy, tags=tags), scene))


def _own(account: str, arn: str, scene: Scene) -> Policy:
    policy = scene.book.policy(account, arn)
    if policy.account != account:
        raise AccessDenied(f"The policy {arn} is managed by AWS and cannot be changed.")
    return policy


def _version(policy: Policy, id: str) -> PolicyVersion:
    version = policy.version(id)
    if version is None:
        raise NoSuchEntity(f"Policy {policy.arn} version {id} does not exist or is not attachable.")
    return version


def _check(document: str) -> None:
    check_permissions(document)
    check_size("PolicySize", limits.MANAGED_POLICY_CHARACTERS_MAX, document)


def _shown(policy: Policy, account: str, scene: Scene) -> PolicyShown:
    attached, bounded = scene.book.uses(account)
    return PolicyShown(policy, attached[policy.arn], bounded[policy.arn])


def _written(policy: Policy, scene: Scene) -> list[PolicyWritten]:
    return [PolicyWritten(ACCESS, scene.now, policy)]
