"""Every Lambda operation that this server serves, by AWS's name."""

from headrace.api.functions import (
    aliases,
    concurrency,
    functions,
    invoke,
    mappings,
    tags,
    versions,
)
from headrace.api.operation import Operation

OPERATIONS: dict[str, Operation] = {
    **functions.OPERATIONS,
    **versions.OPERATIONS,
    **aliases.OPERATIONS,
    **concurrency.OPERATIONS,
    **tags.OPERATIONS,
    **invoke.OPERATIONS,
    **mappings.OPERATIONS,
}
