"""Measure calls about a function, and asynchronous invokes, beside others' servers.

Run as `python -m tools.bench.control`. Ours are on disk before the answer: what was set, and that
an event was accepted. The function does nothing; how fast it is run is another matter.
"""

import argparse
import base64
import contextlib
import http.client
import io
import json
import os
import sys
import urllib.error
import urllib.request
import zipfile

from tools.bench.__main__ import print_table
from tools.bench.load import Result, Script, body_of, run_load
from tools.bench.peers.install import NotInstalled
from tools.bench.peers.servers import CALL_LIMIT_S, SERVERS, Refused, Server, running, sentence
from tools.bench.servers import LOAD_CORE, pin

PEERS = ("headrace", "ministack", "moto")
CONNECTIONS = (1, 16)
FUNCTION = "/2015-03-31/functions/bench"
#: What is measured: its name, method, path, body, headers of its own, and the status of success.
OPERATIONS = (
    ("GetFunctionConfiguration", "GET", f"{FUNCTION}/configuration", b"", "", 200),
    (
        "PutFunctionConcurrency",
        "PUT",
        "/2017-10-31/functions/bench/concurrency",
        b'{"ReservedConcurrentExecutions": 5}',
        "",
        200,
    ),
    (
        "Invoke, Event",
        "POST",
        f"{FUNCTION}/invocations",
        b"{}",
        "X-Amz-Invocation-Type: Event",
        202,
    ),
)
#: The account that moto takes its callers for. It wants to know a function's role, too.
ROLE = "arn:aws:iam::123456789012:role/any"
_CREATE_ROLE = (
    b"Action=CreateRole&Version=2010-05-08&RoleName=any&AssumeRolePolicyDocument="
    b"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C"
    b"%22Principal%22%3A%7B%22Service%22%3A%22lambda.amazonaws.com%22%7D%2C"
    b"%22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"
)
_SIGNED = (
    "Authorization: AWS4-HMAC-SHA256 Credential=test/20261125/us-east-1/lambda/aws4_request, "
    "SignedHeaders=host;x-amz-date, "
    "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
)


def request(port: int, method: str, path: str, body: bytes, header: str = "") -> bytes:
    """Return a whole HTTP request, with the headers that an SDK sends."""
    lines = [
        f"{method} {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
        "User-Agent: Boto3/1.44.8 md/Botocore#1.44.8 ua/2.1 os/linux#6.1 md/arch#x86_64",
        "X-Amz-Date: 20261125T020000Z",
        _SIGNED,
        f"Content-Length: {len(body)}",
        *([header] if header else []),
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def create_function(port: int) -> None:
    """Create the function that is asked about.

    Raises:
        Refused: The answer was an error.
    """
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", "def handler(event, context):\n    return None\n")
    parameters = {
        "FunctionName": "bench",
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "main.handler",
        "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
    }
    role = {"Authorization": _SIGNED.replace("/lambda/", "/iam/").partition(": ")[2]}
    with contextlib.suppress(Refused):  # not every server has roles
        _ask(port, "/", _CREATE_ROLE, {**role, "Content-Type": "application/x-www-form-urlencoded"})
    headers = {"Authorization": _SIGNED.partition(": ")[2], "Content-Type": "application/json"}
    _ask(port, "/2015-03-31/functions", json.dumps(parameters).encode(), headers)


def _ask(port: int, path: str, body: bytes, headers: dict[str, str]) -> None:
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=body, headers=headers)
    try:
        urllib.request.urlopen(asked, timeout=CALL_LIMIT_S).close()
    except urllib.error.HTTPError as error:
        raise Refused(sentence(error.read())) from None


def measure(server: Server, seconds: float) -> list[list[str]]:
    """Return a server's rows: operation, server, requests a second by connections, or why not."""
    rows = []
    for name, method, path, body, header, status in OPERATIONS:
        try:
            # A server of its own: no row pays for the events of another.
            with running(server) as process:
                create_function(process.port)
                one = request(process.port, method, path, body, header)
                figures = [
                    _measured(process.port, lambda _, one=one: one, number, seconds, status)
                    for number in CONNECTIONS
                ]
        except (NotInstalled, Refused, OSError, http.client.HTTPException) as error:
            figures = [str(error) or type(error).__name__] * len(CONNECTIONS)
        rows.append([name, server.name, *figures])
        print(": ".join(rows[-1]), file=sys.stderr, flush=True)
    return rows


def _measured(port: int, script: Script, connections: int, seconds: float, status: int) -> str:
    result: Result = run_load(port, [script] * connections, seconds, status)
    if 2 * result.errors > result.requests:
        raise Refused(sentence(body_of(result.first_error)))
    return f"{result.per_s:,.0f}{' !' if result.errors else ''}"


def main() -> int:
    """Measure and print; return the exit status."""
    parser = argparse.ArgumentParser(prog="make bench-control", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--only", default=",".join(PEERS), help="some of these servers")
    arguments = parser.parse_args()
    pin(os.getpid(), LOAD_CORE)
    rows: list[list[str]] = []
    for server in SERVERS:
        if server.name in arguments.only.split(","):
            rows += measure(server, arguments.seconds)
    head = ["operation", "server", *(f"{number} connections" for number in CONNECTIONS)]
    print_table(head, sorted(rows))
    print("\n!: some answers were errors")
    return 0


if __name__ == "__main__":
    sys.exit(main())
