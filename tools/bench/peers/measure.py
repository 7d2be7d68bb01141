"""Measure one server after the other: operations, body sizes, connections."""

import contextlib
import http.client
import itertools
import sys
from collections.abc import Callable
from functools import partial

import msgspec

from tools.bench import requests
from tools.bench.load import Result, Script, body_of, run_load
from tools.bench.peers.install import NotInstalled
from tools.bench.peers.servers import Refused, Running, Server, call, running, sentence

WARM_UP_CONNECTIONS = 8
#: Seconds of load before each row of a virtual machine, which compiles what that operation needs.
WARM_UP_AGAIN_S = 5.0
#: No two queues of a run have one name: a deleted queue's name is taken for a minute.
_QUEUES = itertools.count()


class Operation(msgspec.Struct):
    """What is asked of a server again and again."""

    name: str
    make: Callable[[int, str, int], Script]  #: Given port, queue URL, bytes of a body.
    messages_per_request: float = 1
    is_fifo: bool = False
    is_echoed: bool = False  #: Whether the servers that know no queues are asked too.


SEND = "SendMessage"
BATCH = "SendMessageBatch x10"
CYCLE = "send, receive, delete x10"
OPERATIONS = (
    Operation(SEND, requests.send, is_echoed=True),
    Operation(BATCH, requests.send_batch, 10, is_echoed=True),
    Operation(CYCLE, requests.cycle, 10 / 3),
    Operation("FIFO send, 1 group", partial(requests.send_in_groups, groups=1), is_fifo=True),
    Operation(
        "FIFO send, 10,000 groups", partial(requests.send_in_groups, groups=10_000), is_fifo=True
    ),
)


class Plan(msgspec.Struct):
    """What one run measures."""

    servers: list[Server]
    seconds: float
    connections: tuple[int, ...] = (1, 16, 64, 256)
    bodies: tuple[int, ...] = (256, 65_536)


class Row(msgspec.Struct):
    """What came of one server, operation and body size, by number of connections.

    A text says why there is no result.
    """

    server: Server
    operation: Operation
    body_bytes: int
    cells: dict[int, Result | str] = {}

    def result(self, connections: int) -> Result | None:
        """Return the result where there is one."""
        cell = self.cells.get(connections)
        return cell if isinstance(cell, Result) else None


def measure(plan: Plan) -> list[Row]:
    """Return all rows of a run, in the order of the table."""
    rows = [row for server in plan.servers for row in _measure_server(server, plan)]
    places = [operation.name for operation in OPERATIONS]
    return sorted(rows, key=lambda row: (row.body_bytes, places.index(row.operation.name)))


def _measure_server(server: Server, plan: Plan) -> list[Row]:
    rows = [
        Row(server, operation, body_bytes)
        for body_bytes in plan.bodies
        for operation in OPERATIONS
        if server.speaks_sqs or operation.is_echoed
    ]
    missing = ""
    with contextlib.ExitStack() as once:
        machine: Running | None = None
        for row in rows:
            try:
                if missing:
                    raise NotInstalled(missing)
                if not server.is_virtual_machine:
                    # A folder of its own: no row pays for what another left behind.
                    with running(server) as process:
                        _measure_cell(row, process.port, WARM_UP_CONNECTIONS, server.warm_up_s)
                        _measure_row(row, process.port, plan)
                    continue
                if machine is None:
                    machine = once.enter_context(running(server))
                    _measure_cell(row, machine.port, WARM_UP_CONNECTIONS, server.warm_up_s)
                    machine.pin()
                again_s = min(WARM_UP_AGAIN_S, 4 * plan.seconds)
                _measure_cell(row, machine.port, WARM_UP_CONNECTIONS, again_s)
                _measure_row(row, machine.port, plan)
            except NotInstalled as error:
                missing = str(error)
                row.cells = dict.fromkeys(plan.connections, missing)
            except (Refused, OSError, http.client.HTTPException) as error:
                reason = str(error) or type(error).__name__
                row.cells = {number: row.cells.get(number, reason) for number in plan.connections}
            finally:
                _report(row)
    return rows


def _measure_row(row: Row, port: int, plan: Plan) -> None:
    for connections in plan.connections:
        row.cells[connections] = _measure_cell(row, port, connections, plan.seconds)


def _measure_cell(row: Row, port: int, connections: int, seconds: float) -> Result | str:
    """Measure on a queue of its own, which is deleted: servers keep bodies in memory."""
    operation = row.operation
    url = f"http://127.0.0.1:{port}/000000000000/bench"
    if row.server.speaks_sqs:
        url = _create_queue(port, f"bench-{next(_QUEUES)}", operation)
    scripts = [operation.make(port, url, row.body_bytes) for _ in range(connections)]
    result = run_load(port, scripts, seconds)
    if row.server.speaks_sqs:
        # A slow server may still be busy with what was sent to it last.
        with contextlib.suppress(TimeoutError):
            call(port, "DeleteQueue", {"QueueUrl": url})
    if result.requests == 0:
        return f"no answer in {seconds:g} s"
    if 2 * result.errors > result.requests:
        raise Refused(sentence(body_of(result.first_error)))
    return result


def _create_queue(port: int, name: str, operation: Operation) -> str:
    parameters: dict[str, object] = {"QueueName": name}
    if operation.is_fifo:
        parameters = {"QueueName": f"{name}.fifo", "Attributes": {"FifoQueue": "true"}}
    return str(call(port, "CreateQueue", parameters)["QueueUrl"])


def _report(row: Row) -> None:
    """Tell who waits how far the run is."""
    figures = [
        f"{cell.per_s:,.0f}" if isinstance(cell, Result) else cell for cell in row.cells.values()
    ]
    figures = figures if len(set(figures)) > 1 else figures[:1]
    print(
        f"{row.server.name}: {row.operation.name}, {row.body_bytes} B: {', '.join(figures)}",
        file=sys.stderr,
        flush=True,
    )
