"""The clients that are tested are those that the locks name."""

import json
import re
import subprocess

import pytest

from tests.house.tree import ROOT

PACKAGES = json.loads((ROOT / "tests" / "clients" / "package.json").read_text())["dependencies"]

PRINT_VERSION = """
import { createRequire } from "node:module";
const [name, client] = process.argv.slice(1);
const sdk = await import(name);
if (typeof sdk[client] !== "function") throw new Error(`no ${client} in ${name}`);
console.log(createRequire(import.meta.url)(`${name}/package.json`).version);
"""


@pytest.mark.parametrize(
    ("name", "client"),
    [("@aws-sdk/client-sqs", "SQSClient"), ("@aws-sdk/client-lambda", "LambdaClient")],
)
def test_node_loads_the_pinned_client(run_node, name, client):
    assert run_node(PRINT_VERSION, name, client).stdout.strip() == PACKAGES[name]


def test_the_aws_cli_is_the_locked_one(aws_cli, client_environment):
    locked = re.search(r"^awscli==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    answer = subprocess.run(
        [aws_cli, "--version"],
        env=client_environment("http://127.0.0.1:9"),
        capture_output=True,
        text=True,
        check=True,
        timeout=50,
    )
    assert answer.stdout.startswith(f"aws-cli/{locked[1]} ")
