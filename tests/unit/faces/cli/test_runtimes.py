"""`headrace runtimes`."""

import argparse

import pytest

from headrace.faces.cli import runtimes
from headrace.ports.sandbox import RuntimeFound


def test_level_and_interpreters_are_described():
    found = [
        RuntimeFound("python3.12", "/usr/bin/python3.12", "3.12.1"),
        RuntimeFound("provided.al2023", "", ""),
    ]
    assert runtimes.describe("strict", found) == [
        "sandbox level: strict",
        "python3.12       3.12.1     /usr/bin/python3.12",
        "provided.al2023             the package's own bootstrap",
    ]
    assert runtimes.describe("process", [])[-1] == "no interpreter was found"


@pytest.mark.slow
def test_this_machine_is_looked_at(capsys):
    parser = argparse.ArgumentParser()
    runtimes.add_arguments(parser)
    assert runtimes.run(parser.parse_args(["--sandbox-level", "process"])) == 0
    assert capsys.readouterr().out.startswith("sandbox level: process\n")
