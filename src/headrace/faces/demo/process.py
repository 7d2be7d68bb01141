"""A Headrace server as a process of its own, started, killed and started again."""

import contextlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

#: Time that a start may take before the demo gives up, in seconds.
START_LIMIT_S = 60
#: Time that a clean stop may take, in seconds.
STOP_LIMIT_S = 30


class StartFailed(Exception):
    """The server did not come up; the text says what it printed."""


def free_port() -> int:
    """Return a port of the loopback interface on which nobody listens now."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ServerProcess:
    """`headrace up` on a folder and a port that stay the same over restarts."""

    def __init__(self, folder: Path, port: int) -> None:
        """Remember where; nothing runs yet."""
        self.folder = folder
        self.port = port
        self.log = folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        """The endpoint URL for SDKs."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The process id of the running server."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            StartFailed: It ended, or did not answer in time.
        """
        command = [sys.executable, "-m", "headrace", "up", "--port", str(self.port)]
        command += ["--data", str(self.folder / "data")]
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        give_up = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise StartFailed(f"the server did not start:\n{self.log.read_text()}")
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_headrace/health", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False

    def kill(self) -> None:
        """End the server with SIGKILL: no chance to write anything down."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Stop the server cleanly; kill it if that takes too long."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.kill()
