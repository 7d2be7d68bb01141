"""What each record makes of a function: facts are applied, nothing is decided."""

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from headrace.base.instant import later
from headrace.core.functions.alias import Alias
from headrace.core.functions.function import (
    NO_TEMPLATE,
    TEMPLATE_FAILED,
    TEMPLATE_IN_WORK,
    TEMPLATE_READY,
    Function,
    InvokeConfig,
    Provisioned,
    Version,
)
from headrace.core.functions.names import LATEST
from headrace.core.functions.records import (
    AliasDeleted,
    AliasSet,
    ConcurrencyProvisioned,
    ConcurrencyReserved,
    FunctionCreated,
    FunctionPolicySet,
    FunctionTagged,
    FunctionUpdated,
    InvokeConfigDeleted,
    InvokeConfigSet,
    RecursionSet,
    UrlDeleted,
    UrlSet,
    VersionDeleted,
    VersionPrepared,
    VersionPublished,
)
from headrace.core.machine import Record

_replace = msgspec.structs.replace


def created(record: FunctionCreated) -> Function:
    """Return the function that a record tells of."""
    version = Version(
        name=LATEST,
        generation=0,
        settings=record.settings,
        code=record.code,
        seed=record.seed,
        changed_at=record.at,
        settles_at=later(record.at, record.preparation_ms),
        replaced=None,
    )
    return Function(
        account=record.account,
        region=record.region,
        name=record.name,
        seed=record.seed,
        tags=record.tags,
        versions={LATEST: version},
    )


def _updated(function: Function, record: FunctionUpdated) -> Function:
    """Return the function after an update of $LATEST."""
    before = function.latest
    version = Version(
        name=LATEST,
        generation=before.generation + 1,
        settings=record.settings,
        code=record.code,
        seed=record.seed,
        changed_at=record.at,
        settles_at=later(record.at, record.preparation_ms),
        replaced=(before.settings, before.code),
        is_reconfigured=record.code == before.code,
    )
    return _with_version(function, version)


def changed(function: Function, record: Record) -> Function:
    """Return a function after a fact about it."""
    return _CHANGES[type(record)](function, record)


def _published(function: Function, record: VersionPublished) -> Function:
    latest = function.latest
    name = str(function.next_version)
    version = Version(
        name=name,
        generation=0,
        settings=_replace(latest.settings, description=record.description),
        code=latest.code,
        seed=hashlib.blake2b(b"version", key=record.seed, digest_size=16).digest(),
        changed_at=record.at,
        settles_at=later(record.at, record.preparation_ms),
        replaced=None,
        template=TEMPLATE_IN_WORK if record.has_template else NO_TEMPLATE,
        is_reconfigured=latest.is_reconfigured,
    )
    function = _with_version(function, _replace(latest, seed=record.seed))
    return _replace(
        _with_version(function, version),
        next_version=function.next_version + 1,
        published=(name, latest.generation),
    )


def _version_deleted(function: Function, record: VersionDeleted) -> Function:
    name = record.version
    return _replace(
        function,
        versions=_without(function.versions, name),
        provisioned=_without(function.provisioned, name),
        policies=_without(function.policies, name),
        invoke_configs=_without(function.invoke_configs, name),
    )


def _version_prepared(function: Function, record: VersionPrepared) -> Function:
    version = _replace(
        function.versions[record.version],
        template=TEMPLATE_FAILED if record.failure else TEMPLATE_READY,
        failure=record.failure,
        failure_code=record.failure_code,
    )
    return _with_version(function, version)


def _alias_set(function: Function, record: AliasSet) -> Function:
    alias = Alias(record.name, record.version, record.description, record.weights, record.seed)
    return _replace(function, aliases={**function.aliases, record.name: alias})


def _alias_deleted(function: Function, record: AliasDeleted) -> Function:
    return _replace(
        function,
        aliases=_without(function.aliases, record.name),
        provisioned=_without(function.provisioned, record.name),
        policies=_without(function.policies, record.name),
        urls=_without(function.urls, record.name),
        invoke_configs=_without(function.invoke_configs, record.name),
    )


def _reserved(function: Function, record: ConcurrencyReserved) -> Function:
    return _replace(function, reserved=record.reserved)


def _provisioned(function: Function, record: ConcurrencyProvisioned) -> Function:
    version = function.versions[function.version_of(record.qualifier)]
    function = _with_version(function, _replace(version, seed=record.seed))
    if not record.requested:
        left = _without(function.provisioned, record.qualifier)
        return _replace(function, provisioned=left)
    one = Provisioned(record.requested, record.at)
    return _replace(function, provisioned={**function.provisioned, record.qualifier: one})


def _tagged(function: Function, record: FunctionTagged) -> Function:
    function = _with_version(function, _replace(function.latest, seed=record.seed))
    return _replace(function, tags=record.tags)


def _recursion_set(function: Function, record: RecursionSet) -> Function:
    return _replace(function, allows_loops=record.allows)


def _policy_set(function: Function, record: FunctionPolicySet) -> Function:
    policies = _without(function.policies, record.qualifier)
    if record.policy.statements:
        policies[record.qualifier] = record.policy
    return _replace(function, policies=policies)


def _url_set(function: Function, record: UrlSet) -> Function:
    return _replace(function, urls={**function.urls, record.qualifier: record.url})


def _url_deleted(function: Function, record: UrlDeleted) -> Function:
    return _replace(function, urls=_without(function.urls, record.qualifier))


def _invoke_config_set(function: Function, record: InvokeConfigSet) -> Function:
    config = InvokeConfig(
        record.at, record.retries, record.age_s, record.on_success, record.on_failure
    )
    configs = {**function.invoke_configs, record.qualifier: config}
    return _replace(function, invoke_configs=configs)


def _invoke_config_deleted(function: Function, record: InvokeConfigDeleted) -> Function:
    left = _without(function.invoke_configs, record.qualifier)
    return _replace(function, invoke_configs=left)


def _with_version(function: Function, version: Version) -> Function:
    return _replace(function, versions={**function.versions, version.name: version})


def _without(entries: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in entries.items() if key != name}


_CHANGES: dict[type[Record], Callable[[Function, Any], Function]] = {
    FunctionUpdated: _updated,
    VersionPublished: _published,
    VersionDeleted: _version_deleted,
    VersionPrepared: _version_prepared,
    AliasSet: _alias_set,
    AliasDeleted: _alias_deleted,
    ConcurrencyReserved: _reserved,
    ConcurrencyProvisioned: _provisioned,
    FunctionTagged: _tagged,
    RecursionSet: _recursion_set,
    FunctionPolicySet: _policy_set,
    UrlSet: _url_set,
    UrlDeleted: _url_deleted,
    InvokeConfigSet: _invoke_config_set,
    InvokeConfigDeleted: _invoke_config_deleted,
}
