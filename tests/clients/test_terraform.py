"""Terraform with HashiCorp's AWS provider: made, changed, imported, destroyed, and no difference.

Most of the time is the provider's own: it looks at a queue six times, five seconds apart.
"""

import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.clients.terraforms import PLUGINS

pytestmark = [pytest.mark.terraform, pytest.mark.slow, pytest.mark.timeout(900)]

HERE = Path(__file__).parent / "terraform"
ACCOUNT = "111122223333"
#: As Terraform says with -detailed-exitcode.
NO_DIFFERENCE, DIFFERENCE = 0, 2
#: Address of a resource to what `terraform import` calls it.
IMPORTED = {
    "aws_sqs_queue.orders": "{endpoint}/{account}/orders",
    "aws_iam_role.worker": "worker",
    "aws_iam_policy.more": "arn:aws:iam::{account}:policy/more",
    "aws_iam_role_policy.send": "worker:send",
    "aws_lambda_function.worker": "worker",
    "aws_lambda_alias.live": "worker/live",
    "aws_lambda_layer_version.shared": "arn:aws:lambda:eu-west-1:{account}:layer:shared:1",
    "aws_lambda_provisioned_concurrency_config.live": "worker,live",
    "aws_cloudwatch_log_group.worker": "/aws/lambda/worker",
    "aws_lambda_function_event_invoke_config.worker": "worker",
    "aws_lambda_function_url.live": "worker/live",
    "aws_lambda_permission.rule": "worker:live/rule",
    "aws_lambda_event_source_mapping.orders": "{mapping}",
}
#: What the provider cannot learn by importing: it is in no service.
UNKNOWN_AFTER_IMPORT = {
    "aws_lambda_function.worker",
    "aws_lambda_layer_version.shared",
    "aws_lambda_alias.live",  # its function's next version
}


class Terraform:
    """Terraform in a folder of its own, against one server."""

    def __init__(self, folder, endpoint):
        self.folder = folder
        self.endpoint = endpoint
        self.change = False
        shutil.copy(HERE / "main.tf", folder)
        archive(folder / "code.zip", "main.py", "def handle(event, context):\n    return {}\n")
        archive(folder / "layer.zip", "python/shared.py", "VALUE = 1\n")
        settings = folder / "settings"
        settings.write_text(
            f'provider_installation {{ filesystem_mirror {{ path = "{PLUGINS}" }} }}\n'
        )
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TF_CLI_CONFIG_FILE": str(settings),
            "CHECKPOINT_DISABLE": "1",
        }
        self.run("init")

    def run(self, word, *words, good=(0,)):
        """Run a word of Terraform's; return its exit status and what it printed."""
        done = subprocess.run(
            ["terraform", *word.split(), *words],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=400,
        )
        assert done.returncode in good, f"{word}: {done.stdout[-4_000:]}{done.stderr}"
        return done.returncode, done.stdout

    def variables(self):
        return (f"-var=endpoint={self.endpoint}", f"-var=change={json.dumps(self.change)}")

    def apply(self):
        return self.run("apply", "-auto-approve", *self.variables())[1]

    def plan(self):
        """Return the exit status of a plan, and the plan."""
        file = self.folder / "plan"
        words = ("-detailed-exitcode", f"-out={file}", *self.variables())
        status, _ = self.run("plan", *words, good=(NO_DIFFERENCE, DIFFERENCE))
        return status, json.loads(self.run("show", "-json", str(file))[1])

    def plan_of_import(self):
        """Plan as if all of IMPORTED were made elsewhere; return what would change besides."""
        names = {address: values["id"] for address, values in self.state().items()}
        blocks = []
        for address, text in IMPORTED.items():
            name = text.format(
                endpoint=self.endpoint,
                account=ACCOUNT,
                mapping=names["aws_lambda_event_source_mapping.orders"],
            )
            blocks.append(f'import {{\n  to = {address}\n  id = "{name}"\n}}\n')
        state, imports = self.folder / "terraform.tfstate", self.folder / "imports.tf"
        kept = state.read_bytes()
        self.run("state rm", *IMPORTED)
        imports.write_text("".join(blocks))
        changes = self.plan()[1]["resource_changes"]
        imports.unlink()
        state.write_bytes(kept)
        imported = {one["address"] for one in changes if "importing" in one["change"]}
        assert imported == set(IMPORTED)
        return {one["address"] for one in changes if one["change"]["actions"] != ["no-op"]}

    def state(self):
        """Return the resources by address."""
        root = json.loads(self.run("show", "-json")[1])["values"]["root_module"]
        return {one["address"]: one["values"] for one in root["resources"]}


def archive(path, name, text):
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr = 0o644 << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(entry, text)


@pytest.fixture
def terraform(server, tmp_path):
    folder = tmp_path / "terraform"
    folder.mkdir()
    terraform = Terraform(folder, server.endpoint)
    yield terraform
    terraform.run("destroy", "-auto-approve", *terraform.variables())


def test_what_is_made_changed_and_imported_shows_no_difference(terraform):
    """lambda.md 11, item 18."""
    terraform.apply()
    assert terraform.plan()[0] == NO_DIFFERENCE
    terraform.change = True
    assert "0 added, 9 changed, 0 destroyed" in terraform.apply()
    assert terraform.plan()[0] == NO_DIFFERENCE

    assert terraform.plan_of_import() - UNKNOWN_AFTER_IMPORT == set()
