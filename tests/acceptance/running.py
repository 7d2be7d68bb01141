"""`headrace` as a process of its own, and boto3 clients of it."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config

SOURCE = Path(__file__).parents[2] / "src"
REGION = "eu-central-1"

#: Variables of the tests' own surroundings that must not reach what they start.
FOREIGN = ("AWS_", "HEADRACE_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")

#: Seconds that a server may take to listen, and to end.
START_S = 20
STOP_S = 40


def environment(**variables):
    """Return the variables of a process: ours without what is foreign, and these."""
    own = {name: text for name, text in os.environ.items() if not name.startswith(FOREIGN)}
    return own | {"PYTHONPATH": str(SOURCE)} | variables


def headrace(*words, cwd, **variables):
    """Run the command line to its end."""
    return subprocess.run(
        [sys.executable, "-m", "headrace", *words],
        cwd=cwd,
        env=environment(**variables),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=STOP_S,
    )


class Running:
    """`headrace up` on a port of its own, with its data in `<folder>/data`, until the block ends."""

    def __init__(self, folder, *words, **variables):
        self.folder = Path(folder)
        self.data = self.folder / "data"
        self._words = words
        self._variables = variables

    def __enter__(self):
        self._said, self._errors = (self.folder / name for name in ("said.txt", "errors.txt"))
        with self._said.open("wb") as said, self._errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "headrace", "up"),
                    *("--port", "0", "--data", str(self.data), *self._words),
                ],
                cwd=self.folder,
                env=environment(**self._variables),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
            )
        end = time.monotonic() + START_S
        while not (found := re.search(r"listens on (http://\S+)\n", self._said.read_text())):
            assert self.process.poll() is None, self._errors.read_text()
            assert time.monotonic() < end, "the server does not listen"
            time.sleep(0.01)
        self.endpoint_url = found[1]
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        self.process.wait(STOP_S)

    def stop(self):
        """Send SIGTERM and wait; return exit status, what it said, and what it complained of."""
        self.process.terminate()
        status = self.process.wait(STOP_S)
        return status, self._said.read_text(), self._errors.read_text()

    def client(self, service, key="test", path="", **settings):
        """Return a boto3 client; `key` is its access key id, `settings` are botocore's.

        `path` stands behind the server's address.
        """
        settings = {"retries": {"max_attempts": 0}, "max_pool_connections": 50} | settings
        return boto3.client(
            service,
            endpoint_url=self.endpoint_url + path,
            region_name=REGION,
            aws_access_key_id=key,
            aws_secret_access_key="test",
            config=Config(**settings),
        )
