"""Who takes the answers of invokes bit by bit: found by the invoker when a function writes.

The functions (core) know nothing of this: to them such an invoke is one like all others, whose
reply comes at its end.
"""

from typing import Protocol

from headrace.ports.sandbox import AnswerStream


class InvokeStream(AnswerStream, Protocol):
    """Takes the answer of one invoke."""

    executed_version: str  #: Set before the event is handed over.


#: By request id, from the submission of the invoke to its reply.
Streams = dict[str, InvokeStream]
