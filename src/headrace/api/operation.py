"""An operation as a pair of pure functions: parameters to command, reply to answer.

A service's table maps AWS's operation name to an `Operation`. What must happen between the two
(the driver, reading bodies, running a function) is the shell's.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

#: Decoded request parameters under AWS's member names; binary members are bytes.
Parameters = Mapping[str, Any]
#: Result members under AWS's names; absent members are left out.
Answer = dict[str, Any]


class Operation(NamedTuple):
    """How one AWS operation is asked of a room and answered.

    `command(parameters, context, rooms)` returns the command for the driver or raises a
    ServiceError; `rooms` gives read-only look-ups (`rooms.queues.find(...)`). It is called in the
    same turn of the loop in which the command is applied, so what it looked up still holds.

    `answer(parameters, context, reply, bodies)` turns the room's reply into AWS's members;
    `bodies` maps each `BodyAddress` of a `Received` reply to its bytes, and is empty otherwise.
    """

    command: Callable[..., Any]
    answer: Callable[..., Answer]


class Prepared(NamedTuple):
    """What `command` may return instead of a bare command, when its answer needs what it found.

    `answer` takes the place of the operation's, with the same arguments. `command` None says that
    there is nothing to ask of a room; `reply` is then None.
    """

    command: Any | None
    answer: Callable[..., Answer]
