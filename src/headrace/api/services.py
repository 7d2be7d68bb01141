"""Every service that is served, by the name that requests are signed for, with its operations."""

from collections.abc import Mapping
from types import MappingProxyType

from headrace.api.access.sessions import OPERATIONS as SESSION_OPERATIONS
from headrace.api.access.table import OPERATIONS as ACCESS_OPERATIONS
from headrace.api.events.table import OPERATIONS as EVENT_OPERATIONS
from headrace.api.functions.table import OPERATIONS as FUNCTION_OPERATIONS
from headrace.api.logs.table import OPERATIONS as LOG_OPERATIONS
from headrace.api.objects.table import OPERATIONS as OBJECT_OPERATIONS
from headrace.api.operation import Operation
from headrace.api.sqs.table import OPERATIONS as QUEUE_OPERATIONS

TABLES: Mapping[str, Mapping[str, Operation]] = MappingProxyType(
    {
        "sqs": QUEUE_OPERATIONS,
        "lambda": FUNCTION_OPERATIONS,
        "iam": ACCESS_OPERATIONS,
        "sts": SESSION_OPERATIONS,
        "logs": LOG_OPERATIONS,
        "events": EVENT_OPERATIONS,
        "s3": OBJECT_OPERATIONS,
    }
)
