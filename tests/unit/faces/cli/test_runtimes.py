"""`headrace runtimes`."""

import argparse

import pytest

from headrace.faces.cli import runtimes
from headrace.ports.sandbox import RuntimeFound


def test_level_and_interpreters_are_described():
    found = [
        RuntimeFound("python3.12", "/usr/bin/python3.12", "3.12.1"),
        RuntimeFound("provided.al2023", "", ""),
        RuntimeFound("image", "", ""),
    ]
    assert runtimes.describe("strict", found) == [
        "sandbox level: strict",
        "python3.12       3.12.1     /usr/bin/python3.12",
        "provided.al2023             the package's own bootstrap",
        "image                       each image's own program",
    ]
    assert runtimes.describe("process", [])[-1] == "no interpreter was found"


def test_what_an_interpreter_lacks_is_said_once():
    found = [
        RuntimeFound(f"java{major}", f"/{major}/bin/java", f"{major}.0.1", "Fetch the client.")
        for major in (17, 25)
    ]
    assert runtimes.describe("strict", found)[1:] == [
        "java17           17.0.1     /17/bin/java (cannot be used yet)",
        "java25           25.0.1     /25/bin/java (cannot be used yet)",
        "Fetch the client.",
    ]


def test_a_download_that_fails_is_one_sentence(capsys, tmp_path):
    parser = argparse.ArgumentParser()
    runtimes.add_arguments(parser)
    words = ["--fetch", "java", "--maven-url", "http://127.0.0.1:9"]
    words += ["--runtimes-folder", str(tmp_path)]
    assert runtimes.run(parser.parse_args(words)) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("headrace: http://127.0.0.1:9/com/amazonaws/")
    assert "cannot be read: [Errno 111] Connection refused" in printed.err


@pytest.mark.slow
def test_this_machine_is_looked_at(capsys):
    parser = argparse.ArgumentParser()
    runtimes.add_arguments(parser)
    assert runtimes.run(parser.parse_args(["--sandbox-level", "process"])) == 0
    assert capsys.readouterr().out.startswith("sandbox level: process\n")
