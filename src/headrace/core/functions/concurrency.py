"""Rules: reserved and provisioned concurrency, and what an account has.

Source: spec/lambda.md 1.15, 1.16, 6.1, 13.8.
"""

from headrace.core.functions import limits
from headrace.core.functions.commands import (
    GetAccount,
    GetConcurrency,
    GetProvisioned,
    ListProvisioned,
    ProvisionConcurrency,
    ReserveConcurrency,
    UnprovisionConcurrency,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.directory import set_aside
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ProvisionedConcurrencyNotFound,
    ResourceConflict,
    Unspecific,
    alias_not_found,
    function_not_found,
    state_conflict,
)
from headrace.core.functions.function import Function, Provisioned, is_pending
from headrace.core.functions.names import LATEST, FunctionReference, check_function_only
from headrace.core.functions.records import ConcurrencyProvisioned, ConcurrencyReserved
from headrace.core.functions.replies import (
    AccountShown,
    ConcurrencyShown,
    Done,
    ProvisionedListed,
    ProvisionedShown,
)


def reserve(command: ReserveConcurrency, scene: Scene) -> Decision:
    """Set or give back a function's share of its account's concurrency.

    Raises:
        ResourceNotFound: There is no such function; a Put names it with $LATEST.
        ServiceError: Too little would be left for the other functions, or the share is less than
            what is provisioned of it.
    """
    reference, reserved = command.reference, command.reserved
    check_function_only(reference)
    number = scene.directory.locate(reference)
    if number is None:
        raise function_not_found(reference.arn if reserved is None else f"{reference.arn}:{LATEST}")
    function = scene.directory.functions[number]
    if reserved is not None:
        _check_reserve(function, reserved, scene)
    record = ConcurrencyReserved(number, scene.now, reserved)
    if reserved == function.reserved:
        return Decision(_answer(reserved))
    return Decision(_answer(reserved), [record])


def _answer(reserved: int | None) -> ConcurrencyShown | Done:
    return Done() if reserved is None else ConcurrencyShown(reserved)


def _check_reserve(function: Function, reserved: int, scene: Scene) -> None:
    provisioned = function.provisioned_total
    if reserved < provisioned:
        raise Unspecific(
            f" ReservedConcurrentExecutions  {reserved} should not be lower than function's total "
            f"provisioned concurrency [{provisioned}]."
        )
    free = scene.directory.unreserved(function.account, function.region) + set_aside(function)
    if reserved and free - reserved < limits.UNRESERVED_MIN:
        raise Unspecific(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of "
            f"[{limits.UNRESERVED_MIN}]."
        )


def get_concurrency(command: GetConcurrency, scene: Scene) -> Decision:
    """Show what is reserved."""
    check_function_only(command.reference)
    _, function = scene.directory.find_function(command.reference)
    return Decision(ConcurrencyShown(function.reserved))


def get_account(command: GetAccount, scene: Scene) -> Decision:
    """Show what an account may use and uses.

    $LATEST costs no code while some version was published of its archive before its settings alone
    were updated (L-A68).
    """
    functions = scene.directory.of_account(command.account, command.region)
    code_bytes = 0
    for function in functions:
        published = [one for one in function.versions.values() if one.name != LATEST]
        code_bytes += sum(one.code.size_bytes for one in published)
        latest = function.latest.code
        if all(one.is_reconfigured or one.code.digest != latest.digest for one in published):
            code_bytes += latest.size_bytes
    for layer in scene.directory.layers.of_account(command.account, command.region):
        code_bytes += sum(one.content.size_bytes for one in layer.versions.values())
    return Decision(
        AccountShown(
            concurrency=limits.CONCURRENCY_MAX,
            unreserved=scene.directory.unreserved(command.account, command.region),
            code_bytes=code_bytes,
            functions=len(functions),
        )
    )


def provision(command: ProvisionConcurrency, scene: Scene) -> Decision:
    """Have environments of a version or alias ready ahead of need.

    Raises:
        ResourceNotFound: Function, version or alias are not there.
        ResourceConflict: The version is provisioned by another name, or is not ready itself.
        ServiceError: It is $LATEST, or has SnapStart, or asks for more than there is.
    """
    reference = command.reference
    if reference.qualifier in {None, LATEST}:
        raise InvalidParameterValue(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    number, function, qualifier = _find(reference, scene)
    name = function.version_of(qualifier)
    version = function.versions[name]
    if is_pending(version, scene.now):
        raise state_conflict("Pending")
    if version.settings.snap_start == "PublishedVersions":
        raise InvalidParameterValue(
            "Provisioned Concurrency cannot be applied to a function version with SnapStart."
        )
    _check_other_names(function, qualifier, name)
    _check_amount(function, qualifier, command.requested, scene)
    record = ConcurrencyProvisioned(number, scene.now, qualifier, command.requested, command.seed)
    shown = ProvisionedShown(
        arn=f"{function.arn}:{qualifier}",
        requested=command.requested,
        available=0,
        status="IN_PROGRESS",
        changed_at=scene.now,
    )
    return Decision(shown, [record])


def _check_other_names(function: Function, qualifier: str, version: str) -> None:
    """Refuse to provision a version by its number and by an alias, or by two aliases."""
    for other in function.provisioned:
        if other == qualifier or function.version_of(other) != version:
            continue
        if qualifier == version:
            raise ResourceConflict("Version is pointed by a Provisioned Concurrency alias")
        raise ResourceConflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already "
            "Provisioned version"
        )


def _check_amount(function: Function, qualifier: str, requested: int, scene: Scene) -> None:
    before = function.provisioned.get(qualifier)
    others = function.provisioned_total - (0 if before is None else before.requested)
    if function.reserved is not None:
        if others + requested > function.reserved:
            raise InvalidParameterValue(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        return
    account, region = function.account, function.region
    free = scene.directory.unreserved(account, region) + function.provisioned_total - others
    if requested > free:
        raise Unspecific(
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{free}]."
        )
    if free - requested < limits.UNRESERVED_MIN:
        raise Unspecific(
            "Specified ConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{limits.UNRESERVED_MIN}]."
        )


def unprovision(command: UnprovisionConcurrency, scene: Scene) -> Decision:
    """Keep none ready any more; if none were, there is nothing to do (L-A59)."""
    _check_published(command.reference)
    number, function, qualifier = _find(command.reference, scene)
    if qualifier not in function.provisioned:
        return Decision(Done())
    return Decision(Done(), [ConcurrencyProvisioned(number, scene.now, qualifier, 0, command.seed)])


def get_provisioned(command: GetProvisioned, scene: Scene) -> Decision:
    """Show how far provisioning is."""
    _check_published(command.reference)
    number, function, qualifier = _find(command.reference, scene)
    one = function.provisioned.get(qualifier)
    if one is None:
        raise ProvisionedConcurrencyNotFound(
            "No Provisioned Concurrency Config found for this function"
        )
    return Decision(_shown(number, function, qualifier, one, scene))


def list_provisioned(command: ListProvisioned, scene: Scene) -> Decision:
    """Show everything that is provisioned of a function."""
    check_function_only(command.reference)
    number, function = scene.directory.find_function(command.reference)
    behind = sorted(name for name in function.provisioned if name > command.after)
    entries = [
        _shown(number, function, name, function.provisioned[name], scene)
        for name in behind[: command.at_most]
    ]
    return Decision(ProvisionedListed(tuple(entries), len(behind) > command.at_most))


def _shown(
    number: int, function: Function, qualifier: str, one: Provisioned, scene: Scene
) -> ProvisionedShown:
    ready, failed = scene.fleet.ahead_of(number, function.version_of(qualifier))
    status = "READY" if ready >= one.requested else ("FAILED" if failed else "IN_PROGRESS")
    return ProvisionedShown(
        arn=f"{function.arn}:{qualifier}",
        requested=one.requested,
        available=min(ready, one.requested),
        status=status,
        changed_at=one.changed_at,
    )


def _check_published(reference: FunctionReference) -> None:
    if reference.qualifier in {None, LATEST}:
        raise InvalidParameterValue(
            "The function resource provided must be an alias or a published version."
        )


def _find(reference: FunctionReference, scene: Scene) -> tuple[int, Function, str]:
    """Return the function and the qualifier, which is an alias or version of it.

    Raises:
        ResourceNotFound: An absent alias is told as one even if the function is absent (L-A59).
    """
    qualifier = reference.qualifier
    assert qualifier is not None
    number = scene.directory.locate(reference)
    function = None if number is None else scene.directory.functions[number]
    if qualifier.isdigit():
        if function is None or qualifier not in function.versions:
            raise function_not_found(reference.qualified_arn)
    elif function is None or qualifier not in function.aliases:
        raise alias_not_found(reference.qualified_arn)
    assert number is not None
    return number, function, qualifier
