"""Who else may use a function, version or alias (spec/lambda.md 1.4, 1.20, 13.6)."""

import json

import pytest

from headrace.core.functions import limits
from headrace.core.functions.accesscommands import (
    AddPermission,
    DeletePolicy,
    GetPolicy,
    Grant,
    PutPolicy,
    RemovePermission,
)
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    DeleteFunction,
    GetAlias,
    GetFunction,
    PublishVersion,
)
from headrace.core.functions.function import decode_snapshot
from headrace.core.functions.replies import Done
from tests.unit.core.functions.bench import ARN, Bench, bench_with_function, creation, reference

SERVICE = "s3.amazonaws.com"


@pytest.fixture
def bench():
    """A function with version 1 and an alias of it."""
    bench = bench_with_function()
    bench.ask(PublishVersion(reference(), b"1" * 16))
    bench.ask(CreateAlias(reference(), "live", "1", b"2" * 16))
    return bench


def add(bench, sid="s", qualifier=None, seed=b"a" * 16, revision_id=None, name=None, **changes):
    grant = Grant(
        **({"action": "lambda:InvokeFunction", "principal": SERVICE} | changes), statement_id=sid
    )
    target = reference(qualifier=qualifier) if name is None else reference(name, qualifier)
    return bench.ask(AddPermission(target, grant, seed, revision_id))


def remove(bench, sid="s", qualifier=None, revision_id=None, **names):
    target = reference(qualifier=qualifier, **names)
    return bench.ask(RemovePermission(target, sid, b"r" * 16, revision_id))


def get(bench, qualifier=None, **names):
    return bench.ask(GetPolicy(reference(qualifier=qualifier, **names)))


def put(bench, *statements, qualifier=None, revision_id=None, seed=b"p" * 16):
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return bench.ask(PutPolicy(reference(qualifier=qualifier), text, seed, revision_id))


def delete(bench, qualifier=None, revision_id=None, **names):
    target = reference(qualifier=qualifier, **names)
    return bench.ask(DeletePolicy(target, b"d" * 16, revision_id))


def test_a_statement_is_answered_and_stands_in_the_policy(bench):
    """L-A47: also the order of the members."""
    added = add(bench, source_arn="arn:aws:s3:::b", source_account="111122223333")
    assert added.text == (
        '{"Sid":"s","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},'
        f'"Action":"lambda:InvokeFunction","Resource":"{ARN}",'
        '"Condition":{"StringEquals":{"AWS:SourceAccount":"111122223333"},'
        '"ArnLike":{"AWS:SourceArn":"arn:aws:s3:::b"}}}'
    )
    shown = get(bench)
    assert shown.text == f'{{"Version":"2012-10-17","Id":"default","Statement":[{added.text}]}}'
    assert shown.revision_id == added.revision_id


@pytest.mark.parametrize(
    ("given", "principal"),
    [
        ("*", "*"),
        ("111122223333", {"AWS": "arn:aws:iam::111122223333:root"}),
        ("arn:aws:iam::111122223333:root", {"AWS": "arn:aws:iam::111122223333:root"}),
        ("arn:aws:iam::111122223333:role/a/b", {"AWS": "arn:aws:iam::111122223333:role/a/b"}),
        (
            "arn:aws:sts::111122223333:assumed-role/a/b",
            {"AWS": "arn:aws:sts::111122223333:assumed-role/a/b"},
        ),
        ("sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
        ("replicator.lambda.amazonaws.com", {"Service": "replicator.lambda.amazonaws.com"}),
        ("alexa-appkit.amazon.com", {"Service": "alexa-appkit.amazon.com"}),
        ("s3.amazonaws.com.cn", {"Service": "s3.amazonaws.com.cn"}),
    ],
)
def test_principals(bench, given, principal):
    assert json.loads(add(bench, principal=given).text)["Principal"] == principal


@pytest.mark.parametrize(
    "principal",
    [
        "invalid.nonaws.com",
        "11112222333",
        "1111222233334",
        "1111222233³3",
        "arn:aws:iam::1:root",
        "arn:aws:s3:::b",
        "arn:aws:iam::111122223333:role/",
        "amazonaws.com",
        "**",
        "",
    ],
)
def test_principals_that_cannot_be(bench, principal):
    refusal = add(bench, principal=principal)
    assert (refusal.code, refusal.message) == (
        "InvalidParameterValueException",
        "The provided principal was invalid. Please check the principal and try again.",
    )
    assert bench.room.directory.functions[16].policies == {}


@pytest.mark.parametrize(
    ("given", "condition"),
    [
        ({}, None),
        (
            {"organization_id": "o-a1b2c3d4e5"},
            {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        ),
        (
            {"url_auth_type": "NONE", "action": "lambda:InvokeFunctionUrl"},
            {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}},
        ),
        ({"event_source_token": "t"}, {"StringEquals": {"lambda:EventSourceToken": "t"}}),
        ({"via_url": True}, {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}),
        ({"via_url": False}, {"Bool": {"lambda:InvokedViaFunctionUrl": "false"}}),
    ],
)
def test_conditions(bench, given, condition):
    assert json.loads(add(bench, **given).text).get("Condition") == condition


def test_the_kind_of_url_is_a_condition_of_urls_only(bench):
    refusal = add(bench, url_auth_type="NONE")
    assert (refusal.code, refusal.message) == (
        "InvalidParameterValueException",
        "FunctionUrlAuthType is only supported for lambda:InvokeFunctionUrl action",
    )


def test_each_qualifier_has_a_policy_of_its_own(bench):
    for qualifier in (None, "1", "live"):
        added = json.loads(add(bench, qualifier=qualifier).text)
        assert added["Resource"] == (f"{ARN}:{qualifier}" if qualifier else ARN)
        assert json.loads(get(bench, qualifier).text)["Statement"] == [added]
    assert remove(bench, qualifier="live") == Done()
    assert get(bench, "live").code == "ResourceNotFoundException"
    assert len(json.loads(get(bench).text)["Statement"]) == 1


def test_publishing_copies_no_policy_and_leaves_its_revision(bench):
    add(bench)
    before = get(bench).revision_id
    bench.update_code()
    assert bench.ask(PublishVersion(reference(), b"3" * 16)).view.version == "2"
    assert get(bench, "2").code == "ResourceNotFoundException"
    assert get(bench).revision_id == before


def test_what_is_absent_is_told_in_its_own_words(bench):
    """1.4, L-A42, L-A43: each call has its own sentence."""
    found = "Function not found: arn:aws:lambda:eu-central-1:123456789012:function"
    absent = "The resource you requested does not exist."
    alias = f"Cannot find alias arn: {ARN}:none"
    refusals = [
        (add(bench, name="gone"), f"{found}:gone"),
        (add(bench, name="gone", qualifier="42"), f"{found}:gone"),
        (add(bench, qualifier="42"), f"{found}:resize:42"),
        (add(bench, qualifier="a-$-b"), f"{found}:resize:a-$-b"),
        (add(bench, qualifier="none"), alias),
        (remove(bench, name="gone"), f"No policy found for: {ARN[:-6]}gone"),
        (remove(bench, qualifier="none"), alias),
        (remove(bench, qualifier="42"), f"{found}:resize:42"),
        (remove(bench), "No policy is associated with the given resource."),
        (get(bench, name="gone"), absent),
        (get(bench, qualifier="none"), absent),
        (get(bench), absent),
        (delete(bench, name="gone"), f"{found}:gone"),
        (delete(bench, qualifier="none"), alias),
        (delete(bench), "No policy is associated with the given resource."),
    ]
    add(bench)
    refusals.append((remove(bench, "t"), "Statement t is not found in resource policy."))
    for refusal, message in refusals:
        assert (refusal.code, refusal.message) == ("ResourceNotFoundException", message)


def test_latest_has_no_policy_though_the_function_be_missing(bench):
    for refusal in (
        add(bench, qualifier="$LATEST"),
        add(bench, name="gone", qualifier="$LATEST"),
        put(bench, qualifier="$LATEST"),
    ):
        assert (refusal.code, refusal.message) == (
            "InvalidParameterValueException",
            "We currently do not support adding policies for $LATEST.",
        )
    assert get(bench, "$LATEST").code == "ResourceNotFoundException"


def test_a_statement_id_is_used_once_and_free_again_when_it_is_gone(bench):
    add(bench)
    refusal = add(bench)
    assert (refusal.code, refusal.status, refusal.message) == (
        "ResourceConflictException",
        409,
        (
            "The statement id (s) provided already exists. Please provide a new statement id, or "
            "remove the existing statement."
        ),
    )
    assert remove(bench) == Done()
    assert add(bench).text


def test_the_wrong_revision_is_refused_and_changes_nothing(bench):
    add(bench)
    before = get(bench)
    for refusal in (
        add(bench, "t", revision_id="x"),
        remove(bench, revision_id="x"),
        add(bench, qualifier="live", revision_id="x"),
        add(bench, "t", revision_id=bench.ask(GetFunction(reference())).view.revision_id),
    ):
        assert (refusal.code, refusal.status, refusal.message) == (
            "PreconditionFailedException",
            412,
            (
                "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy "
                "API to retrieve the latest Revision Id"
            ),
        )
    assert get(bench) == before


def test_the_first_statement_takes_the_revision_of_what_it_is_for(bench):
    """L-A45: where there is no policy yet."""
    function = bench.ask(GetFunction(reference())).view.revision_id
    version = bench.ask(GetFunction(reference(qualifier="1"))).view.revision_id
    alias = bench.ask(GetAlias(reference(), "live")).revision_id
    for qualifier, revision in ((None, function), ("1", version), ("live", alias)):
        first = add(bench, qualifier=qualifier, revision_id=revision)
        assert first.revision_id != revision
        second = add(bench, "t", qualifier, b"b" * 16, first.revision_id)
        assert remove(bench, "t", qualifier, second.revision_id) == Done()
        assert get(bench, qualifier).revision_id not in {first.revision_id, second.revision_id}


def test_a_policy_is_no_longer_than_20_kb(bench, monkeypatch):
    add(bench)
    size = len(get(bench).text)
    another = len(add(bench, "t").text) + 1
    monkeypatch.setattr(limits, "POLICY_BYTES_MAX", size + another)
    remove(bench, "t")
    assert add(bench, "t").text
    remove(bench, "t")
    monkeypatch.setattr(limits, "POLICY_BYTES_MAX", size + another - 1)
    refusal = add(bench, "t")
    assert (refusal.code, refusal.status) == ("PolicyLengthExceededException", 400)
    assert refusal.message == (
        f"The final policy size ({size + another}) is bigger than the limit ({size + another - 1})."
    )
    assert len(get(bench).text) == size


def test_with_a_version_or_alias_goes_its_policy(bench):
    add(bench, qualifier="live")
    add(bench, qualifier="1")
    bench.ask(DeleteAlias(reference(), "live"))
    bench.ask(DeleteFunction(reference(qualifier="1")))
    assert bench.room.directory.functions[16].policies == {}
    bench.update_code()
    bench.ask(PublishVersion(reference(), b"4" * 16))
    bench.ask(CreateAlias(reference(), "live", "2", b"5" * 16))
    assert get(bench, "live").code == "ResourceNotFoundException"


def test_a_new_function_of_the_name_has_none_of_the_old_ones_policy(bench):
    add(bench)
    bench.ask(DeleteFunction(reference()))
    bench.ask(creation())
    assert get(bench).code == "ResourceNotFoundException"


STATEMENT = {"Sid": "p", "Effect": "Allow", "Principal": "*", "Action": "lambda:*", "Resource": ARN}


def test_a_whole_policy_takes_the_place_of_what_there_is(bench):
    """The operations of July 2026 work on what AddPermission works on."""
    first = add(bench).revision_id
    stale = put(bench, STATEMENT, revision_id="x")
    assert stale.code == "PreconditionFailedException"
    assert "Call the GetResourcePolicy API" in stale.message
    shown = put(bench, STATEMENT, revision_id=first)
    assert json.loads(shown.text) == {"Version": "2012-10-17", "Statement": [STATEMENT]}
    assert get(bench) == shown
    assert json.loads(add(bench).text)["Sid"] == "s"
    assert remove(bench, "p") == Done()
    assert [one["Sid"] for one in json.loads(get(bench).text)["Statement"]] == ["s"]
    assert delete(bench, revision_id="x").code == "PreconditionFailedException"
    assert delete(bench, revision_id=get(bench).revision_id) == Done()
    assert get(bench).code == "ResourceNotFoundException"


def test_a_policy_for_something_else_is_refused(bench):
    assert put(bench, STATEMENT, qualifier="live").code == "InvalidParameterValueException"
    assert put(bench, STATEMENT | {"Resource": f"{ARN}:live"}, qualifier="live").text
    long = STATEMENT | {"Principal": {"AWS": ["arn:aws:iam::111122223333:root"] * 650}}
    assert put(bench, long).code == "PolicyLengthExceededException"


def test_policies_outlive_a_restart(bench):
    add(bench)
    put(bench, STATEMENT | {"Resource": f"{ARN}:live"}, qualifier="live")
    again = Bench()
    for record in bench.records:
        again.room.replay(record, 1)
    assert get(again) == get(bench)
    assert get(again, "live") == get(bench, "live")
    kept = decode_snapshot(bench.room.snapshot(16))
    assert kept == bench.room.directory.functions[16]
    assert set(kept.policies) == {"", "live"}
