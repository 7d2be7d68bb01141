"""Which rule decides which command, and which can be asked ahead of it."""

from collections.abc import Callable
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions import (
    aliases,
    concurrency,
    invokeconfigs,
    layerpolicies,
    layers,
    lifecycle,
    permissions,
    recursion,
    tags,
    urls,
    versions,
)
from headrace.core.functions.accesscommands import (
    AddPermission,
    CreateUrl,
    DeletePolicy,
    DeleteUrl,
    GetPolicy,
    GetUrl,
    ListUrls,
    PutPolicy,
    RemovePermission,
    UpdateUrl,
)
from headrace.core.functions.changes import Machine, check_code_update, check_creation
from headrace.core.functions.commands import (
    AcceptEvent,
    AddLayerPermission,
    CreateAlias,
    CreateFunction,
    DeleteAlias,
    DeleteFunction,
    DeleteInvokeConfig,
    DeleteLayerVersion,
    GetAccount,
    GetAlias,
    GetConcurrency,
    GetFunction,
    GetInvokeConfig,
    GetLayerPolicy,
    GetLayerVersion,
    GetProvisioned,
    GetRecursion,
    ListAliases,
    ListFunctions,
    ListInvokeConfigs,
    ListLayers,
    ListLayerVersions,
    ListProvisioned,
    ListTags,
    ListVersions,
    ProvisionConcurrency,
    PublishLayerVersion,
    PublishVersion,
    RemoveLayerPermission,
    ReserveConcurrency,
    SetInvokeConfig,
    SetRecursion,
    TagFunction,
    TemplatePrepared,
    UnprovisionConcurrency,
    UntagFunction,
    UpdateAlias,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.directory import Directory

Rule = Callable[[Any, Scene], Decision]

RULES: dict[type, Rule] = {
    CreateFunction: lifecycle.create,
    UpdateFunctionCode: lifecycle.update_code,
    UpdateFunctionConfiguration: lifecycle.update_configuration,
    DeleteFunction: lifecycle.delete,
    GetFunction: lifecycle.get,
    ListFunctions: lifecycle.list_functions,
    PublishVersion: versions.publish,
    ListVersions: versions.list_versions,
    TemplatePrepared: versions.prepared,
    CreateAlias: aliases.create_alias,
    UpdateAlias: aliases.update_alias,
    GetAlias: aliases.get_alias,
    DeleteAlias: aliases.delete_alias,
    ListAliases: aliases.list_aliases,
    ReserveConcurrency: concurrency.reserve,
    GetConcurrency: concurrency.get_concurrency,
    GetAccount: concurrency.get_account,
    ProvisionConcurrency: concurrency.provision,
    UnprovisionConcurrency: concurrency.unprovision,
    GetProvisioned: concurrency.get_provisioned,
    ListProvisioned: concurrency.list_provisioned,
    SetRecursion: recursion.set_recursion,
    GetRecursion: recursion.get_recursion,
    SetInvokeConfig: invokeconfigs.set_config,
    GetInvokeConfig: invokeconfigs.get_config,
    DeleteInvokeConfig: invokeconfigs.delete_config,
    ListInvokeConfigs: invokeconfigs.list_configs,
    TagFunction: tags.tag,
    UntagFunction: tags.untag,
    ListTags: tags.list_tags,
    PublishLayerVersion: layers.publish,
    GetLayerVersion: layers.get,
    ListLayers: layers.list_layers,
    ListLayerVersions: layers.list_versions,
    DeleteLayerVersion: layers.delete,
    AddLayerPermission: layerpolicies.add,
    RemoveLayerPermission: layerpolicies.remove,
    GetLayerPolicy: layerpolicies.get,
    AddPermission: permissions.add,
    RemovePermission: permissions.remove,
    GetPolicy: permissions.get,
    PutPolicy: permissions.put,
    DeletePolicy: permissions.delete,
    CreateUrl: urls.create,
    UpdateUrl: urls.update,
    GetUrl: urls.get,
    DeleteUrl: urls.delete,
    ListUrls: urls.list_urls,
}

#: Those that make the data grow: refused while space is low.
GROWING: tuple[type, ...] = (
    CreateFunction,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
    PublishVersion,
    CreateAlias,
    TagFunction,
    PublishLayerVersion,
    AddLayerPermission,
    AddPermission,
    PutPolicy,
    CreateUrl,
    UpdateUrl,
    AcceptEvent,
    SetInvokeConfig,
)


def check(command: Any, directory: Directory, machine: Machine, now: Instant) -> None:
    """Refuse a creation, another code or a layer version as its rule would.

    Raises:
        ServiceError: The refusal.
    """
    if isinstance(command, CreateFunction):
        check_creation(command, directory, machine)
    elif isinstance(command, UpdateFunctionCode):
        check_code_update(command, directory, machine, now)
    elif isinstance(command, PublishLayerVersion):
        layers.check_publishing(command)
