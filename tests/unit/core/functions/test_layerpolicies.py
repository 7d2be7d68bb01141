"""Who else may use a layer version."""

import json

from headrace.core.functions.commands import GetLayerPolicy, RemoveLayerPermission
from headrace.core.functions.replies import Done
from tests.unit.core.functions.bench import ACCOUNT, Bench
from tests.unit.core.functions.layerbench import OTHER, allow, arn, layer, publish


def bench_with_layer():
    bench = Bench()
    publish(bench)
    return bench


def policy(bench, version=1, caller=ACCOUNT):
    return bench.ask(GetLayerPolicy(caller, layer(version=version)))


def take_back(bench, statement_id="s", revision_id=None, version=1):
    return bench.ask(
        RemoveLayerPermission(ACCOUNT, layer(version=version), statement_id, b"r" * 16, revision_id)
    )


def test_a_statement_is_answered_and_stands_in_the_policy():
    bench = bench_with_layer()
    added = allow(bench)
    assert json.loads(added.text) == {
        "Sid": "s",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:GetLayerVersion",
        "Resource": arn(),
    }
    shown = policy(bench)
    assert json.loads(shown.text) == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [json.loads(added.text)],
    }
    assert shown.revision_id == added.revision_id


def test_an_account_is_named_by_its_root_and_an_organization_is_a_condition():
    bench = bench_with_layer()
    root = f"arn:aws:iam::{OTHER}:root"
    assert json.loads(allow(bench, OTHER, "a").text)["Principal"] == {"AWS": root}
    assert json.loads(allow(bench, root, "b").text)["Principal"] == {"AWS": root}
    text = allow(bench, "*", "c", organization_id="o-a1b2c3d4e5").text
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    assert json.loads(text)["Condition"] == condition


def test_each_change_gives_the_policy_another_revision():
    bench = bench_with_layer()
    first = allow(bench, statement_id="a", seed=b"a" * 16).revision_id
    second = allow(bench, statement_id="b", seed=b"b" * 16, revision_id=first).revision_id
    assert first != second
    assert take_back(bench, "a", second) == Done()
    assert policy(bench).revision_id not in {first, second}


def test_the_wrong_revision_is_refused():
    bench = bench_with_layer()
    refusals = [allow(bench, revision_id="x")]
    allow(bench)
    refusals += [allow(bench, statement_id="t", revision_id="x"), take_back(bench, "s", "x")]
    for refusal in refusals:
        assert refusal.code == "PreconditionFailedException"
        assert refusal.message == (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetLayerPolicy API to retrieve the latest Revision Id"
        )


def test_a_statement_id_is_used_once():
    bench = bench_with_layer()
    allow(bench)
    refusal = allow(bench)
    assert refusal.code == "ResourceConflictException"
    assert refusal.message == (
        "The statement id (s) provided already exists. Please provide a new statement id, or "
        "remove the existing statement."
    )


def test_with_its_last_statement_goes_the_policy():
    bench = bench_with_layer()
    text = "No policy is associated with the given resource."
    assert policy(bench).message == take_back(bench).message == text
    allow(bench)
    assert take_back(bench, "other").message == ("Statement other is not found in resource policy.")
    assert take_back(bench) == Done()
    assert policy(bench).message == text


def test_versions_that_are_not_there_have_no_policy():
    bench = bench_with_layer()
    for refusal in (policy(bench, 2), allow(bench, version=2), take_back(bench, version=2)):
        assert refusal.code == "ResourceNotFoundException"
        assert refusal.message == f"Layer version {arn(2)} does not exist."


def test_others_may_not_look_at_a_policy():
    bench = bench_with_layer()
    for refusal, action in (
        (policy(bench, caller=OTHER), "GetLayerVersionPolicy"),
        (allow(bench, caller=OTHER), "AddLayerVersionPermission"),
    ):
        assert refusal.code == "AccessDeniedException"
        assert action in refusal.message
