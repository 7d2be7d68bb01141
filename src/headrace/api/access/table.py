"""Every IAM operation that this server serves, by AWS's name."""

from headrace.api.access import policies, roles
from headrace.api.operation import Operation

OPERATIONS: dict[str, Operation] = {**roles.OPERATIONS, **policies.OPERATIONS}
