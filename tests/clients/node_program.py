"""The Node runtime as a program of its own: a package in a folder, frames on a socket pair."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
from pathlib import Path

from headrace.base.logtext import INNER_END
from headrace.sandbox.levels import PROGRAMS
from headrace.sandbox.logframes import Unframer

RUNTIME = f"{PROGRAMS}/node/runtime.cjs"
#: Other versions than the one on PATH; tools/setup_clients.sh installs them.
CACHE = Path.home() / ".cache" / "headrace-node"

#: A line of the log: time, request id, level, text.
LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\t(.*?)\t([A-Z]+)\t(.*)\n")


def node_programs():
    """Return the path of every Node that is here, by its major version."""
    found = {}
    for path in [*sorted(CACHE.glob("*/node_modules/node/bin/node")), shutil.which("node")]:
        if path is not None:
            asked = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
            found[int(asked.stdout.removeprefix("v").split(".")[0])] = str(path)
    return dict(sorted(found.items()))


class Program:
    """A started runtime with one function."""

    def __init__(self, node, folder, files, *, runtime, handler="index.handler", variables=None):
        self.task = folder / "task"
        for name, text in files.items():
            path = self.task / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._ours, theirs = socket.socketpair()
        self._ours.settimeout(30)
        self._rest = b""
        self._log = b""
        self._process = subprocess.Popen(
            [node, RUNTIME, str(theirs.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[theirs.fileno()],
            cwd=self.task,
            env={
                "PATH": os.environ["PATH"],
                "TZ": ":UTC",
                "AWS_EXECUTION_ENV": f"AWS_Lambda_{runtime}",
                "AWS_LAMBDA_FUNCTION_NAME": "orders",
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
                "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/orders",
                "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/28/[$LATEST]00",
                "LAMBDA_TASK_ROOT": str(self.task),
                "LAMBDA_RUNTIME_DIR": "/var/runtime",
                "_HANDLER": handler,
                **(variables or {}),
            },
        )
        theirs.close()
        self._reader = threading.Thread(target=self._read_log)
        self._reader.start()

    def _read_log(self):
        self._log = self._process.stdout.read()

    def send(self, event, request_id="id-1", **header):
        """Send an event."""
        text = json.dumps(
            {
                "id": request_id,
                "deadline_ms": 0,
                "arn": "arn:orders",
                "trace": "",
                "client_context": "",
                **header,
            }
        ).encode()
        body = json.dumps(event).encode()
        self._ours.sendall(
            len(body).to_bytes(4, "little") + len(text).to_bytes(2, "little") + text + body
        )

    def receive(self):
        """Return the next frame's header and body."""
        prefix = self._take(6)
        body_size, header_size = (
            int.from_bytes(prefix[:4], "little"),
            int.from_bytes(prefix[4:], "little"),
        )
        header = json.loads(self._take(header_size))
        assert header.pop("peak_kb") > 0
        return header, self._take(body_size)

    def _take(self, size):
        while len(self._rest) < size:
            data = self._ours.recv(1 << 20)
            assert data, f"the runtime has ended: {self.end()}"
            self._rest += data
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def ask(self, event=None, request_id="id-1", **header):
        """Send an event; return what kind of answer came, and its value."""
        self.send(event, request_id, **header)
        answer, body = self.receive()
        return answer["kind"], json.loads(body) if body else None

    def wait(self):
        """Return the exit status of a runtime that ends by itself, and its log."""
        status = self._process.wait(30)
        return status, self.end()

    def end(self):
        """End the runtime by closing its socket; return its log.

        An event is a line, whose inner ends are CR.
        """
        self._ours.close()
        try:
            self._process.wait(30)
        finally:
            self._process.kill()
            self._reader.join()
            self._process.stdout.close()
        text = Unframer().feed(self._log)
        return text.replace(INNER_END + b"\n", b"\n").replace(INNER_END, b"\r").decode()


def started(program):
    """Return a program whose handler was loaded."""
    assert program.receive() == ({"kind": "ready"}, b"")
    return program


def lines(program):
    """End a program; return its log as (request id, level, text)."""
    text = program.end()
    assert LINE.sub("", text) == ""
    return LINE.findall(text)
