"""Measure the queue operations beside the HTTP layer's echo, in one run."""

import json
import urllib.request

from tools.bench import requests
from tools.bench.load import Result, Script, run_load
from tools.bench.servers import echo_server, headrace_server

CONNECTIONS = (1, 16, 64)
BODY_BYTES = 256
#: Messages that one request of the operation carries.
MESSAGES_PER_REQUEST = {
    "echo": 1.0,
    "SendMessage": 1.0,
    "SendMessageBatch x10": 10.0,
    "send, receive, delete x10": 10 / 3,
}


def create_queue(port: int, name: str) -> str:
    """Create a queue and return its URL."""
    whole = requests.request(port, "CreateQueue", {"QueueName": name})
    _, _, body = whole.partition(b"\r\n\r\n")
    call = urllib.request.Request(
        f"http://127.0.0.1:{port}/",
        data=body,
        headers={
            "X-Amz-Target": "AmazonSQS.CreateQueue",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with urllib.request.urlopen(call) as answer:
        url: str = json.load(answer)["QueueUrl"]
        return url


def measure(seconds: float) -> dict[tuple[str, int], Result]:
    """Return a result per (operation, connections)."""
    results: dict[tuple[str, int], Result] = {}
    with echo_server() as port:
        script = requests.send(port, f"http://127.0.0.1:{port}/000000000000/q", BODY_BYTES)
        for connections in CONNECTIONS:
            results["echo", connections] = run_load(port, [script] * connections, seconds)
    operations = {
        "SendMessage": requests.send,
        "SendMessageBatch x10": requests.send_batch,
        "send, receive, delete x10": requests.cycle,
    }
    for operation, make in operations.items():
        for connections in CONNECTIONS:
            # A server and a folder of their own: no operation pays for what another left behind.
            with headrace_server() as server:
                url = create_queue(server.port, "bench")
                scripts: list[Script] = [
                    make(server.port, url, BODY_BYTES) for _ in range(connections)
                ]
                results[operation, connections] = run_load(server.port, scripts, seconds)
    return results


def rows(results: dict[tuple[str, int], Result]) -> list[list[str]]:
    """Return the table's rows: operation, connections, requests/s, messages/s, p50, p99, ratio."""
    table = []
    for (operation, connections), result in results.items():
        echo = results["echo", connections]
        table.append(
            [
                operation,
                str(connections),
                f"{result.per_s:,.0f}",
                f"{result.per_s * MESSAGES_PER_REQUEST[operation]:,.0f}",
                f"{result.quantile_us(0.5) / 1000:.2f}",
                f"{result.quantile_us(0.99) / 1000:.2f}",
                f"{result.per_s / echo.per_s:.2f}" + (" !" if result.errors else ""),
            ]
        )
    return table
