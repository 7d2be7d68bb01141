"""Every served Amazon SQS operation by its AWS name."""

from headrace.api.operation import Operation
from headrace.api.sqs import annotations, handles, movetasks, queues, receiving, sending

OPERATIONS: dict[str, Operation] = {
    **queues.OPERATIONS,
    **sending.OPERATIONS,
    **receiving.OPERATIONS,
    **handles.OPERATIONS,
    **annotations.OPERATIONS,
    **movetasks.OPERATIONS,
}
