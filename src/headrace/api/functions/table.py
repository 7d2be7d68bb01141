"""Every Lambda operation that this server serves, by AWS's name."""

from headrace.api.functions import functions, invoke, mappings
from headrace.api.operation import Operation

OPERATIONS: dict[str, Operation] = {
    **functions.OPERATIONS,
    **invoke.OPERATIONS,
    **mappings.OPERATIONS,
}
