"""`headrace advise`: a server, a template, a plan, and what is none of them."""

import itertools
import json
import sys

import pytest

from headrace.faces import cli
from headrace.faces.cli.main import main
from headrace.testing.server import serve_in_thread
from tests.unit.api.advice.test_cloudformation import SAM
from tests.unit.api.advice.test_terraform import plan

#: Nine aliases of nine aliases of nine, and so on: four hundred million values.
BOMB = "a: &a [x]\n"
for one, other in itertools.pairwise("abcdefghij"):
    BOMB += f"{other}: &{other} [{', '.join([f'*{one}'] * 9)}]\n"
BOMB += "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {Tags: *j}}}\n"


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_server_without_mappings_has_nothing_to_say(capsys):
    with serve_in_thread() as server:
        assert main(["advise", "--endpoint", server.endpoint_url]) == 0
        assert "0 mappings looked at" in capsys.readouterr().out
        assert main(["advise", "--endpoint", server.endpoint_url, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["worst"] == "none"


def test_a_template_in_yaml_is_read(nowhere, capsys):
    (nowhere / "template.yaml").write_text(SAM)
    assert main(["advise", "template.yaml"]) == 20
    out = capsys.readouterr().out
    assert "E-01 error: Ship.FromQueue: the visibility timeout of Orders (10 s)" in out
    assert "E-29 warning" in out
    assert "E-41 warning" in out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_that_powershell_wrote_is_read(nowhere, capsys, encoding):
    (nowhere / "plan.json").write_text(json.dumps(plan()), encoding=encoding)
    assert main(["advise", "plan.json"]) == 20
    assert "E-01 error" in capsys.readouterr().out


def test_the_status_follows_the_worst_finding(nowhere, capsys):
    resources = {
        "Q": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "VisibilityTimeout": 240,
                "RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:r:0:d", "maxReceiveCount": 5},
            },
        },
        "F": {"Type": "AWS::Lambda::Function", "Properties": {"Timeout": 40}},
        "M": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]},
                "FunctionName": {"Ref": "F"},
            },
        },
    }
    path = nowhere / "t.json"
    path.write_text(json.dumps({"Resources": resources}))
    assert main(["advise", "t.json"]) == 10
    assert "E-13 warning" in capsys.readouterr().out
    resources["M"]["Properties"]["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    path.write_text(json.dumps({"Resources": resources}))
    assert main(["advise", "t.json"]) == 0
    assert "E-34 info" in capsys.readouterr().out


def test_a_plan_is_read(nowhere, capsys):
    (nowhere / "plan.json").write_text(json.dumps(plan()))
    assert main(["advise", "plan.json", "--json"]) == 20
    found = json.loads(capsys.readouterr().out)
    assert "E-01" in [one["rule"] for one in found["findings"]]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("missing.yaml", None, "missing.yaml cannot be read"),
        ("a.json", "{", "a.json is no JSON"),
        ("a.yaml", "a: [", "a.yaml is no YAML"),
        ("a.yaml", "Resources: &r {Q: {Properties: *r}}", "nested too deeply, or within itself"),
        ("a.json", '{"Resources":' + "[" * 100_000, "nested too deeply, or within itself"),
        ("a.yaml", BOMB, "comes to too much, once its references are followed"),
        ("a.yaml", "just: words", "neither a template with Resources nor a plan"),
    ],
)
def test_what_is_no_template_is_a_sentence_and_status_1(
    nowhere, capsys, monkeypatch, name, text, sentence
):
    monkeypatch.setattr("headrace.api.advice.intrinsics.SIZE_MAX", 10_000)
    if text is not None:
        (nowhere / name).write_text(text)
    assert main(["advise", name]) == 1
    assert sentence in capsys.readouterr().err


def test_without_the_package_the_extra_is_named(nowhere, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "headrace.faces.cli.yamls", None)
    monkeypatch.delattr(cli, "yamls", raising=False)
    (nowhere / "t.yaml").write_text(SAM)
    assert main(["advise", "t.yaml"]) == 1
    assert "pip install 'headrace[yaml]'" in capsys.readouterr().err


def test_no_server_is_a_sentence(capsys):
    assert main(["advise", "--endpoint", "http://127.0.0.1:9"]) == 1
    assert "no server answers" in capsys.readouterr().err
