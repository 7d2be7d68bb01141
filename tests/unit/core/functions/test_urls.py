"""Making, changing, showing, listing and deleting function URLs (spec/lambda.md 1.17, 13.11)."""

import pytest

from headrace.core.functions.accesscommands import (
    CreateUrl,
    DeleteUrl,
    GetUrl,
    ListUrls,
    UpdateUrl,
)
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    DeleteFunction,
    PublishVersion,
)
from headrace.core.functions.function import decode_snapshot
from headrace.core.functions.replies import Done
from headrace.core.functions.url import Cors
from tests.unit.core.functions.bench import ARN, Bench, bench_with_function, reference

NO_FUNCTION = "Function does not exist"
NO_URL = "The resource you requested does not exist."
ALL = Cors(allow_origins=("*",), max_age_s=0)


@pytest.fixture
def bench():
    """A function with version 1 and two aliases of it."""
    bench = bench_with_function()
    bench.ask(PublishVersion(reference(), b"1" * 16))
    for name in ("live", "beta"):
        bench.ask(CreateAlias(reference(), name, "1", b"2" * 16))
    return bench


def create(bench, qualifier=None, number=1, name="resize", **changes):
    values = {"auth_type": "NONE", "seed": bytes([number]) * 16} | changes
    return bench.ask(CreateUrl(reference(name, qualifier), **values))


def update(bench, qualifier=None, name="resize", **changes):
    return bench.ask(UpdateUrl(reference(name, qualifier), **changes))


def get(bench, qualifier=None, name="resize"):
    return bench.ask(GetUrl(reference(name, qualifier)))


def delete(bench, qualifier=None, name="resize"):
    return bench.ask(DeleteUrl(reference(name, qualifier)))


def found(bench, shown):
    return bench.room.directory.find_url(shown.url.id)


def test_a_url_is_shown_as_it_was_made_and_found_by_its_id(bench):
    made = create(bench, cors=ALL)
    assert (made.arn, made.qualifier, made.url.auth_type) == (ARN, "", "NONE")
    assert (made.url.cors, made.url.invoke_mode) == (ALL, "")
    assert made.url.created_at == made.url.changed_at == bench.now
    assert get(bench) == made
    function, qualifier = found(bench, made)
    assert (function.name, qualifier) == ("resize", "")


def test_a_function_and_each_alias_have_one_of_their_own(bench):
    own, alias = create(bench), create(bench, "live", 2)
    assert alias.arn == f"{ARN}:live"
    assert alias.url.id != own.url.id
    refusal = create(bench, "live", 3)
    assert (refusal.code, refusal.status, refusal.message) == (
        "ResourceConflictException",
        409,
        (
            f"Failed to create function url config for [functionArn = {ARN}:live]. Error message:  "
            "FunctionUrlConfig exists for this Lambda function"
        ),
    )
    assert f"[functionArn = {ARN}]" in create(bench).message
    assert delete(bench) == Done()
    assert get(bench, "live") == alias
    assert found(bench, own) is None
    assert found(bench, alias) is not None


def test_what_is_not_given_stays(bench):
    made = create(bench, cors=ALL)
    bench.now += 5
    after = update(bench).url
    assert (after.auth_type, after.cors, after.invoke_mode) == ("NONE", ALL, "")
    assert (after.created_at, after.changed_at) == (made.url.created_at, bench.now)
    assert after.id == made.url.id
    assert update(bench, invoke_mode="RESPONSE_STREAM").url.invoke_mode == "RESPONSE_STREAM"
    after = update(bench, auth_type="AWS_IAM").url
    assert (after.auth_type, after.invoke_mode) == ("AWS_IAM", "RESPONSE_STREAM")
    assert update(bench, cors=Cors(max_age_s=1)).url.cors == Cors(max_age_s=1)
    assert update(bench, cors=Cors()).url.cors is None


def test_what_is_absent_is_told_in_its_own_words(bench):
    """L-A79."""
    refusals = [
        (create(bench, name="gone"), NO_FUNCTION),
        (create(bench, "none"), NO_FUNCTION),
        (update(bench, name="gone"), NO_FUNCTION),
        (update(bench, "none"), NO_FUNCTION),
        (update(bench), NO_URL),
        (get(bench), NO_URL),
        (get(bench, name="gone"), NO_URL),
        (get(bench, "none"), NO_URL),
        (delete(bench), NO_URL),
        (delete(bench, name="gone"), NO_URL),
        (bench.ask(ListUrls(reference("gone"))), NO_FUNCTION),
    ]
    for refusal, message in refusals:
        assert (refusal.code, refusal.message) == ("ResourceNotFoundException", message)


@pytest.mark.parametrize("text", ["a\r\nb", "a\rb", "é", "\x7f"])
@pytest.mark.parametrize(
    "member", ["allow_headers", "allow_methods", "allow_origins", "expose_headers"]
)
def test_nothing_that_could_end_a_header_is_taken(bench, member, text):
    cors = Cors(**{member: (text,)})
    assert create(bench, cors=cors).code == "InvalidParameterValueException"
    create(bench)
    assert update(bench, cors=cors).code == "InvalidParameterValueException"
    assert get(bench).url.cors is None


def test_urls_are_listed_a_page_at_a_time(bench):
    assert bench.ask(ListUrls(reference())).entries == ()
    made = [create(bench, "live", 2), create(bench, number=1), create(bench, "beta", 3)]
    made = [made[1], made[2], made[0]]
    whole = bench.ask(ListUrls(reference()))
    assert (list(whole.entries), whole.more) == (made, False)
    first = bench.ask(ListUrls(reference(), at_most=1))
    assert (list(first.entries), first.more) == (made[:1], True)
    rest = bench.ask(ListUrls(reference(), after="/", at_most=2))
    assert (list(rest.entries), rest.more) == (made[1:], False)


def test_a_url_goes_with_its_alias_and_with_its_function(bench):
    """L-C2."""
    own, alias = create(bench), create(bench, "live", 2)
    bench.ask(DeleteAlias(reference(), "live"))
    assert get(bench, "live").message == NO_URL
    assert found(bench, alias) is None
    bench.ask(DeleteFunction(reference()))
    assert found(bench, own) is None


def test_urls_outlive_a_restart(bench):
    own, alias, gone = create(bench), create(bench, "live", 2, cors=ALL), create(bench, "beta", 3)
    delete(bench, "beta")
    replayed, loaded = Bench(), Bench()
    for record in bench.records:
        replayed.room.replay(record, 1)
    loaded.room.load(16, bench.room.snapshot(16))
    for again in (replayed, loaded):
        assert get(again) == own
        assert get(again, "live") == alias
        assert found(again, own)[1] == ""
        assert found(again, alias)[1] == "live"
        assert found(again, gone) is None
    assert decode_snapshot(bench.room.snapshot(16)) == bench.room.directory.functions[16]
