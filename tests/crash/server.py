"""Starts `headrace up` as a process of its own and kills it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Process:
    """A server process on a data folder."""

    def __init__(self, folder, module, words=()):
        """Start it and wait until it listens.

        `module` is what `python -m` runs: headrace, or tests.crash.busy_keeper; `words` are flags.
        """
        self.log = Path(folder).with_name(Path(folder).name + ".log").open("ab")
        path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
        self.child = subprocess.Popen(
            [sys.executable, "-m", module, "up", "--port", "0", "--data", str(folder), *words],
            stdout=subprocess.PIPE,
            stderr=self.log,
            env={**os.environ, "PYTHONPATH": path},
        )
        for line in self.child.stdout:
            found = re.search(rb"listens on http://127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                return
        self.kill()
        said = Path(self.log.name).read_text(errors="replace")[-2_000:]
        raise AssertionError(f"the server does not start on {folder}: {said}")

    def kill(self):
        """End it as a power switch would."""
        self._end(signal.SIGKILL)

    def stop(self):
        """Let it stop in order; return its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, number):
        self.child.send_signal(number)
        status = self.child.wait()
        self.child.stdout.close()
        self.log.close()
        return status
