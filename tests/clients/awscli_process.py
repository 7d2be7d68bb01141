"""The AWS CLI, whole, in one process that takes commands one after the other.

Starting it takes longer than all that it does. Run as a program, it reads one JSON array of words a
line and writes one JSON array a line: exit status, standard output, standard error.
"""

import contextlib
import io
import json
import subprocess
import sys


class AwsCli:
    """Runs words of the AWS CLI, as a user types them, until `close`."""

    def __init__(self, environment):
        """Start with these environment variables."""
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words, fails=False):
        """Return the document that the CLI prints; what it complains of, if it `fails`."""
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        status, printed, complaints = json.loads(self._process.stdout.readline())
        assert (status != 0) == fails, complaints
        return complaints if fails else json.loads(printed or "null")

    def close(self):
        """End the process."""
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def run(driver, words):
    """Run one command; return exit status and what it wrote."""
    printed, complaints = io.TextIOWrapper(io.BytesIO()), io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
        try:
            status = driver.main(words)
        except SystemExit as end:
            status = end.code
    texts = []
    for stream in (printed, complaints):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return status, *texts


if __name__ == "__main__":
    from awscli.clidriver import create_clidriver

    driver = create_clidriver()
    answers = sys.stdout
    for line in sys.stdin:
        answers.write(json.dumps(run(driver, json.loads(line))) + "\n")
        answers.flush()
