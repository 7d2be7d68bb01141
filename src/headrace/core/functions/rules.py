"""Which rule decides which command."""

from collections.abc import Callable
from typing import Any

from headrace.core.functions import aliases, concurrency, lifecycle, tags, versions
from headrace.core.functions.commands import (
    CreateAlias,
    CreateFunction,
    DeleteAlias,
    DeleteFunction,
    GetAccount,
    GetAlias,
    GetConcurrency,
    GetFunction,
    GetProvisioned,
    ListAliases,
    ListFunctions,
    ListProvisioned,
    ListTags,
    ListVersions,
    ProvisionConcurrency,
    PublishVersion,
    ReserveConcurrency,
    TagFunction,
    TemplatePrepared,
    UnprovisionConcurrency,
    UntagFunction,
    UpdateAlias,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.decision import Decision, Scene

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
    TagFunction: tags.tag,
    UntagFunction: tags.untag,
    ListTags: tags.list_tags,
}
