"""Every Lambda operation that this server serves, by AWS's name."""

from headrace.api.functions import (
    aliases,
    concurrency,
    defaults,
    functions,
    invoke,
    invokeconfigs,
    layers,
    mappings,
    permissions,
    recursion,
    streaming,
    tags,
    urls,
    versions,
)
from headrace.api.operation import Operation

OPERATIONS: dict[str, Operation] = {
    **functions.OPERATIONS,
    **versions.OPERATIONS,
    **aliases.OPERATIONS,
    **concurrency.OPERATIONS,
    **tags.OPERATIONS,
    **layers.OPERATIONS,
    **permissions.OPERATIONS,
    **urls.OPERATIONS,
    **defaults.OPERATIONS,
    **recursion.OPERATIONS,
    **invoke.OPERATIONS,
    **streaming.OPERATIONS,
    **invokeconfigs.OPERATIONS,
    **mappings.OPERATIONS,
}
