"""Who of another account may do what with a function (spec/lambda.md 1.3, 1.20, L-A10)."""

import msgspec
import pytest

from headrace.core.functions.accesscommands import AddPermission, Grant, PutPolicy
from headrace.core.functions.commands import (
    AcceptEvent,
    CreateAlias,
    CreateFunction,
    DeleteFunction,
    GetFunction,
    Invoke,
    PublishVersion,
)
from headrace.core.functions.errors import AccessDenied
from headrace.core.functions.names import Caller
from tests.unit.core.functions.bench import (
    ARN,
    REGION,
    REQUEST_ID,
    Bench,
    bench_with_function,
    creation,
    reference,
)

OTHER = "111122223333"
ROOT = f"arn:aws:iam::{OTHER}:root"


def theirs(action="GetFunction", qualifier=None, account=OTHER):
    """Return a reference to the function by another account."""
    caller = Caller(account, action)
    return msgspec.structs.replace(reference(qualifier=qualifier), caller=caller)


@pytest.fixture
def bench():
    """A function with version 1 and an alias of it."""
    bench = bench_with_function()
    bench.ask(PublishVersion(reference(), b"1" * 16))
    bench.ask(CreateAlias(reference(), "live", "1", b"2" * 16))
    return bench


def allow(bench, action="lambda:*", principal=OTHER, qualifier=None, **conditions):
    grant = Grant("s", action, principal, **conditions)
    bench.ask(AddPermission(reference(qualifier=qualifier), grant, b"a" * 16))


def is_open(bench, *args, **names):
    return not isinstance(bench.ask(GetFunction(theirs(*args, **names))), AccessDenied)


def test_nobody_of_another_account_is_let_in_unasked(bench):
    refusal = bench.ask(GetFunction(theirs()))
    assert refusal.code == "AccessDeniedException"
    assert refusal.message == (
        f"User: {ROOT} is not authorized to perform: lambda:GetFunction on resource: {ARN} "
        "because no resource-based policy allows the lambda:GetFunction action"
    )
    assert bench.ask(GetFunction(theirs(qualifier="live"))).message.count(f"{ARN}:live ")


def test_a_function_that_is_not_there_looks_the_same_from_outside():
    assert not is_open(Bench())


def test_an_account_may_do_what_was_allowed_and_no_other_account_may(bench):
    allow(bench, "lambda:GetFunction")
    assert is_open(bench)
    assert is_open(bench, qualifier="$LATEST")
    assert not is_open(bench, "GetFunctionConfiguration")
    assert not is_open(bench, account="444455556666")


def test_versions_and_aliases_are_opened_by_their_own_policies(bench):
    allow(bench)
    assert not is_open(bench, qualifier="1")
    assert not is_open(bench, qualifier="live")
    allow(bench, qualifier="live")
    assert is_open(bench, qualifier="live")
    assert not is_open(bench, qualifier="1")
    refused = bench.ask(GetFunction(theirs(qualifier="2")))
    assert refused.code == "AccessDeniedException"


@pytest.mark.parametrize(
    ("principal", "conditions", "expected"),
    [
        ("*", {}, True),
        (ROOT, {}, True),
        (f"arn:aws:iam::{OTHER}:role/r", {}, False),
        ("s3.amazonaws.com", {}, False),
        ("*", {"organization_id": "o-a1b2c3d4e5"}, False),
        ("*", {"source_account": OTHER}, False),
    ],
)
def test_principals_and_conditions(bench, principal, conditions, expected):
    allow(bench, principal=principal, **conditions)
    assert is_open(bench) is expected


def test_a_denial_is_told_as_one(bench):
    text = (
        '{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"%s"},'
        '{"Effect":"Deny","Principal":{"AWS":"%s"},"Action":"*","Resource":"%s","Condition":'
        '{"StringEquals":{"aws:PrincipalAccount":"%s"}}}]}'
    )
    bench.ask(PutPolicy(reference(), text % (ARN, OTHER, ARN, OTHER), b"p" * 16))
    refusal = bench.ask(GetFunction(theirs()))
    assert refusal.message.endswith(
        f"on resource: {ARN} with an explicit deny in a resource-based policy"
    )
    assert is_open(bench, account="444455556666")


def test_invokes_of_both_kinds_are_refused_before_anything_runs(bench):
    told = len(bench.records)
    for command in (
        Invoke(theirs("InvokeFunction"), b"{}", REQUEST_ID),
        Invoke(theirs("InvokeFunction"), b"{}", REQUEST_ID, dry_run=True),
        AcceptEvent(theirs("InvokeFunction"), 1, b""),
        DeleteFunction(theirs("DeleteFunction")),
    ):
        assert bench.ask(command).code == "AccessDeniedException"
        assert bench.effects == [] or len(bench.records) == told
    allow(bench, "lambda:InvokeFunction")
    assert bench.ask(Invoke(theirs("InvokeFunction"), b"{}", REQUEST_ID)) is None


def test_nobody_creates_in_another_account_whatever_a_policy_says(bench):
    allow(bench)
    given = creation()
    command = CreateFunction(theirs("CreateFunction"), *msgspec.structs.astuple(given)[1:])
    assert bench.ask(command).code == "AccessDeniedException"
    with pytest.raises(AccessDenied):
        bench.room.check(command)


def test_the_words_are_those_of_the_region(bench):
    away = msgspec.structs.replace(theirs(), region="cn-north-1")
    assert bench.ask(GetFunction(away)).message.startswith(f"User: arn:aws-cn:iam::{OTHER}:root")
    assert REGION not in bench.ask(GetFunction(away)).message
