"""What the figures should reach, and what they do."""

from collections.abc import Callable

from tools.bench.load import Result
from tools.bench.peers.measure import BATCH, SEND, Row

#: The goals speak of bodies of this size.
BODY_BYTES = 256
#: "From 16 connections up": below, a durable server waits for the disk alone.
CONNECTIONS_MIN = 16


def _find(rows: list[Row], server: str, operation: str, connections: int) -> Result | None:
    for row in rows:
        if (row.server.name, row.operation.name, row.body_bytes) == (server, operation, BODY_BYTES):
            return row.result(connections)
    return None


def _ratio(
    rows: list[Row],
    ours: tuple[str, str, int],
    theirs: tuple[str, str, int],
    value: Callable[[Result], float],
) -> float | None:
    over, under = _find(rows, *ours), _find(rows, *theirs)
    return value(over) / value(under) if over is not None and under is not None else None


def _least_ahead(rows: list[Row], *, durable: bool) -> tuple[float, str] | None:
    """Return by how much Headrace leads where it leads least, and where that is."""
    found = []
    for row in rows:
        if not row.server.speaks_sqs or row.server.name == "headrace":
            continue
        if row.server.is_durable is not durable or row.body_bytes != BODY_BYTES:
            continue
        for connections in row.cells:
            ours = _find(rows, "headrace", row.operation.name, connections)
            theirs = row.result(connections)
            if connections >= CONNECTIONS_MIN and ours is not None and theirs is not None:
                where = f"{row.server.name}, {row.operation.name}, {connections} connections"
                found.append((ours.per_s / theirs.per_s, where))
    return min(found, default=None)


def lines(rows: list[Row]) -> list[list[str]]:
    """Return the table's rows: goal, target, measured, where."""
    table = []
    for goal, factor, durable in (
        ("times the requests of each peer in memory", 1, False),
        ("times the requests of each durable peer", 5, True),
    ):
        least = _least_ahead(rows, durable=durable)
        if least is not None:
            table.append([goal, f"≥ {factor}", f"{least[0]:.2f}", least[1]])

    def rate(result: Result) -> float:
        return result.per_s

    def p99(result: Result) -> float:
        return float(result.quantile_us(0.99))

    for goal, target, ours, theirs, value, factor in (
        ("SendMessage, of the echo", "≥ 0.33", (SEND, 64), ("echo", SEND, 64), rate, 1),
        ("messages in batches, of single", "≥ 3", (BATCH, 16), ("headrace", SEND, 16), rate, 10),
        ("messages in batches, of single", "≥ 2", (BATCH, 64), ("headrace", SEND, 64), rate, 10),
        ("p99 of SendMessage, of the append's", "≤ 2", (SEND, 16), ("append", SEND, 16), p99, 1),
    ):
        ratio = _ratio(rows, ("headrace", *ours), theirs, value)
        if ratio is not None:
            table.append([goal, target, f"{factor * ratio:.2f}", f"{ours[1]} connections"])
    return table
