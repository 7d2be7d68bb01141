"""How functions are named, and what is said of those that are not there: lambda.md 1.3, 13.2."""

import pytest

from tests.contract.functions.desk import (
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    NOT_FOUND,
    REGION,
    constraint,
    function_arn,
)

LONG = "n" * 65
NAME_SHORT = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
)
ALLOW = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com"}
#: Operations on a function that is read or run, with the path behind its name.
READS = (("GET", ""), ("GET", "/configuration"), ("POST", "/invocations"))


def refused_name(desk, name):
    """Have CreateFunction refuse a name; return status, code and text."""
    return desk.refusal("POST", FUNCTIONS, desk.document(name))


def test_an_error_is_compact_and_its_type_comes_first(desk):
    """lambda.md L-A1."""
    path = f"{FUNCTIONS}/F/policy"
    desk.ok("POST", path, ALLOW, status=201)
    answer = desk.send("POST", path, {**ALLOW, "StatementId": "other", "RevisionId": "no"})
    assert answer.status == 412
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-amzn-errortype"] == "PreconditionFailedException"
    assert len(answer.headers["x-amzn-requestid"]) == 36
    assert len(answer.body) == 149
    assert answer.body.startswith(b'{"Type":"User","message":"The Revision Id')


def test_a_function_may_be_called_function(desk):
    """lambda.md L-A2."""
    name = function_arn("function").replace(":function:function", ":function")
    missing = (404, NOT_FOUND, f"Function not found: {function_arn('function')}")
    assert desk.refusal("GET", f"{FUNCTIONS}/{name}") == missing
    assert desk.refusal("DELETE", f"{FUNCTIONS}/{name}") == missing
    assert desk.refusal("POST", f"{FUNCTIONS}/{name}/invocations") == (
        404,
        NOT_FOUND,
        f"Function not found: {function_arn('function')}:$LATEST",
    )


def test_a_long_arn_of_a_bad_region_breaks_the_pattern_and_at_creation_the_length_too(desk):
    """lambda.md L-A3."""
    name = f"arn:aws:lambda:invalid-region:000000000000:function:{'n' * 181}"
    for method, rest in (("GET", ""), ("POST", "/invocations"), ("DELETE", "")):
        status, code, text = desk.refusal(method, f"{FUNCTIONS}/{name}{rest}")
        assert (status, code) == (400, CONSTRAINT)
        head = f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy"
        assert text.startswith(f"{head} constraint: Member must satisfy regular expression pattern")
        both = desk.refusal(method, f"{FUNCTIONS}/{name}{rest}?Qualifier={'q' * 129}")[2]
        assert both.startswith(f"2 validation errors detected: Value '{'q' * 129}' at 'qualifier'")
        assert f"; Value '{name}' at 'functionName' failed" in both
    length = constraint(
        f"'{name}'", "functionName", "Member must have length less than or equal to 140", 2
    )
    text = refused_name(desk, name)[2]
    assert text.startswith("2 validation errors detected: ")
    assert length.partition("detected: ")[2] in text
    assert NAME_SHORT in text


def test_a_qualifier_has_128_characters_at_most(desk):
    """lambda.md L-A4."""
    long = "q" * 129
    said = constraint(f"'{long}'", "qualifier", "Member must have length less than or equal to 128")
    for method, rest in (("GET", ""), ("POST", "/invocations"), ("DELETE", "")):
        path = f"{FUNCTIONS}/F{rest}?Qualifier={long}"
        assert desk.refusal(method, path) == (400, CONSTRAINT, said)
    name = f"F:{'q' * 139}"
    assert refused_name(desk, name) == (
        400,
        CONSTRAINT,
        constraint(
            f"'{name}'", "functionName", "Member must have length less than or equal to 140"
        ),
    )


def test_a_bare_name_that_is_too_long_is_merely_not_found(desk):
    """lambda.md L-A5, 1.3."""
    missing = f"Function not found: {function_arn(LONG)}"
    assert desk.refusal("GET", f"{FUNCTIONS}/{LONG}") == (404, NOT_FOUND, missing)
    assert desk.refusal("DELETE", f"{FUNCTIONS}/{LONG}") == (404, NOT_FOUND, missing)
    invoke = desk.refusal("POST", f"{FUNCTIONS}/{LONG}/invocations")
    assert invoke == (404, NOT_FOUND, f"{missing}:$LATEST")
    assert refused_name(desk, LONG) == (
        400,
        INVALID,
        constraint(f"'{LONG}'", "functionName", "Member must have length less than or equal to 64"),
    )


def test_two_qualifiers_that_differ_are_seen_before_the_function(desk):
    """lambda.md L-A6."""
    said = "The derived qualifier from the function name does not match the specified qualifier."
    for name in ("F", "missing"):
        for method, rest in (("GET", ""), ("GET", "/configuration"), ("POST", "/invocations")):
            path = f"{FUNCTIONS}/{function_arn(name)}:1{rest}?Qualifier=2"
            assert desk.refusal(method, path) == (400, INVALID, said)
    desk.publish()
    assert desk.ok("GET", f"{FUNCTIONS}/{function_arn()}:1?Qualifier=1")


def test_what_deletion_says_of_qualifiers_of_a_missing_function(desk):
    """lambda.md L-A7, L-A11."""
    path = f"{FUNCTIONS}/missing?Qualifier="
    missing = (404, NOT_FOUND, f"Function not found: {function_arn('missing')}")
    assert desk.refusal("DELETE", path + "$LATEST") == (
        400,
        INVALID,
        "$LATEST version cannot be deleted without deleting the function.",
    )
    assert desk.refusal("DELETE", path + "prod") == (
        400,
        INVALID,
        "Deletion of aliases is not currently supported.",
    )
    assert desk.refusal("DELETE", path + "1") == missing
    assert desk.refusal("DELETE", path + "$latest") == missing
    said = f"Function not found: {function_arn('missing')}:$latest"
    assert desk.refusal("GET", path + "$latest") == (404, NOT_FOUND, said)
    invoke = f"{FUNCTIONS}/missing/invocations?Qualifier=$latest"
    assert desk.refusal("POST", invoke) == (404, NOT_FOUND, said)


@pytest.mark.parametrize(
    "method, path, document",
    [
        ("GET", "/2019-09-30/functions/missing/concurrency", None),
        ("GET", "/2020-06-30/functions/missing/code-signing-config", None),
        ("GET", "/2019-09-30/functions/missing/provisioned-concurrency?List=ALL", None),
        ("POST", f"{FUNCTIONS}/missing/policy", ALLOW),
        ("POST", f"/2017-03-31/tags/{function_arn('missing')}", {"Tags": {"a": "b"}}),
        ("DELETE", f"/2017-03-31/tags/{function_arn('missing')}?tagKeys=a", None),
        ("GET", f"/2017-03-31/tags/{function_arn('missing')}", None),
    ],
)
def test_a_missing_function_is_named_without_a_qualifier(desk, method, path, document):
    """lambda.md L-A8."""
    said = f"Function not found: {function_arn('missing')}"
    assert desk.refusal(method, path, document) == (404, NOT_FOUND, said)


@pytest.mark.parametrize(
    "method, path, document",
    [
        ("GET", f"{FUNCTIONS}/%s", None),
        ("GET", f"{FUNCTIONS}/%s/configuration", None),
        ("GET", "/2021-10-31/functions/%s/url", None),
        ("GET", "/2020-06-30/functions/%s/code-signing-config", None),
        ("GET", "/2019-09-25/functions/%s/event-invoke-config", None),
        ("GET", "/2019-09-30/functions/%s/concurrency", None),
        ("DELETE", f"{FUNCTIONS}/%s", None),
        ("POST", f"{FUNCTIONS}/%s/invocations", None),
    ],
)
def test_functions_of_another_region_are_not_reachable(desk, method, path, document):
    """lambda.md L-A9."""
    name = function_arn().replace(REGION, "eu-north-1")
    said = f"Functions from 'eu-north-1' are not reachable in this region ('{REGION}')"
    assert desk.refusal(method, path % name, document) == (404, NOT_FOUND, said)


def test_a_function_of_another_account_is_not_made(desk):
    """lambda.md L-C11."""
    name = function_arn("other").replace("000000000000", "111111111111")
    answer = desk.send("POST", FUNCTIONS, desk.document(name))
    assert (answer.status, answer.headers["x-amzn-errortype"]) == (403, "AccessDeniedException")
    assert answer.json == {"Message": None}
