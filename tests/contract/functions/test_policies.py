"""Policies, invoke configs and concurrency on the wire: lambda.md 13.6 to 13.8, 1.15, 1.16."""

import json

import pytest

from tests.contract.functions.desk import (
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    NOT_FOUND,
    PRECONDITION,
    constraint,
    function_arn,
)

POLICY = f"{FUNCTIONS}/F/policy"
ALLOW = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}
CONFIG = "/2019-09-25/functions/%s/event-invoke-config"
PROVISIONED = "/2019-09-30/functions/%s/provisioned-concurrency?Qualifier=%s"
STALE = (
    "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to"
    " retrieve the latest Revision Id"
)


def allow(desk, path=POLICY, **members):
    """Add a statement; return it as a document."""
    answer = desk.ok("POST", path, {**ALLOW, **members}, status=201)
    return json.loads(answer["Statement"])


def policy_revision(desk, path=POLICY):
    """Return the policy's RevisionId."""
    return desk.ok("GET", path)["RevisionId"]


def test_the_policy_of_a_missing_alias_cannot_be_changed(desk):
    """lambda.md L-A42, L-A43."""
    allow(desk)
    said = f"Cannot find alias arn: {function_arn()}:prod"
    assert desk.refusal("DELETE", f"{POLICY}/s?Qualifier=prod") == (404, NOT_FOUND, said)
    assert desk.refusal("POST", f"{POLICY}?Qualifier=prod", ALLOW) == (404, NOT_FOUND, said)
    said = f"Function not found: {function_arn('doesnotexist')}"
    missing = f"{FUNCTIONS}/doesnotexist/policy"
    assert desk.refusal("POST", missing, ALLOW) == (404, NOT_FOUND, said)
    odd = "valid-with-$-but-doesnotexist"
    said = f"Function not found: {function_arn()}:{odd}"
    assert desk.refusal("POST", f"{POLICY}?Qualifier={odd}", ALLOW) == (404, NOT_FOUND, said)


def test_what_changes_the_revision_of_a_policy(desk):
    """lambda.md L-A44."""
    allow(desk)
    first = policy_revision(desk)
    assert desk.send("DELETE", f"{POLICY}/other").status == 404
    desk.publish()
    assert policy_revision(desk) == first
    allow(desk, StatementId="t")
    second = policy_revision(desk)
    assert desk.send("DELETE", f"{POLICY}/t").status == 204
    assert len({first, second, policy_revision(desk)}) == 3


def test_the_first_statement_of_an_alias_takes_the_revision_of_the_alias(desk):
    """lambda.md L-A45."""
    desk.publish()
    revision = desk.alias()["RevisionId"]
    path = f"{POLICY}?Qualifier=prod"
    refused = desk.refusal("POST", path, {**ALLOW, "RevisionId": "0" * 36})
    assert refused == (412, PRECONDITION, STALE)
    allow(desk, path, RevisionId=revision)
    assert policy_revision(desk, path) != revision


def test_a_wrong_revision_is_told_in_the_words_of_get_policy(desk):
    """lambda.md L-A46."""
    allow(desk)
    wrong = {**ALLOW, "StatementId": "t", "RevisionId": "0" * 36}
    assert desk.refusal("POST", POLICY, wrong) == (412, PRECONDITION, STALE)
    refused = desk.refusal("DELETE", f"{POLICY}/s?RevisionId={'0' * 36}")
    assert refused == (412, PRECONDITION, STALE)


def test_a_statement_is_told_in_the_order_of_aws(desk):
    """lambda.md L-A47, L-A48."""
    members = {
        **ALLOW,
        "SourceArn": "arn:aws:s3:::b",
        "SourceAccount": "111111111111",
        "PrincipalOrgID": "o-1234567890",
    }
    text = desk.ok("POST", POLICY, members, status=201)["Statement"]
    statement = json.loads(text)
    assert list(statement) == ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"]
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": "111111111111", "aws:PrincipalOrgID": "o-1234567890"},
        "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
    }
    assert list(statement["Condition"]) == ["StringEquals", "ArnLike"]
    assert allow(desk, StatementId="all", Principal="*")["Principal"] == "*"


@pytest.mark.parametrize(
    "path, members, value, member, rule",
    [
        (
            POLICY,
            {"StatementId": "example.com"},
            "'example.com'",
            "statementId",
            "([a-zA-Z0-9-_]+)",
        ),
        (
            f"{POLICY}?Qualifier=invalid-qualifier-with-%3F-char",
            {},
            "'invalid-qualifier-with-?-char'",
            "qualifier",
            r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+",
        ),
    ],
)
def test_what_breaks_a_pattern_of_a_policy(desk, path, members, value, member, rule):
    """lambda.md L-A49."""
    said = constraint(value, member, f"Member must satisfy regular expression pattern: {rule}")
    assert desk.refusal("POST", path, {**ALLOW, **members}) == (400, CONSTRAINT, said)


def test_a_config_without_a_setting_is_seen_before_the_function(desk):
    """lambda.md L-A50, L-A51."""
    said = "You must specify at least one of error handling or destination setting."
    for name in ("F", "missing"):
        for method in ("PUT", "POST"):
            assert desk.refusal(method, CONFIG % name, {}) == (400, INVALID, said)
    for one in ("OnSuccess", "OnFailure"):
        answer = desk.ok("PUT", CONFIG % "F", {"DestinationConfig": {one: {}}})
        assert answer["DestinationConfig"] == {"OnSuccess": {}, "OnFailure": {}}


def test_what_is_said_of_configs_that_are_not_there(desk):
    """lambda.md L-A52."""
    some = {"MaximumRetryAttempts": 1}
    gone = (404, NOT_FOUND, "The function doesn't exist.")
    assert desk.refusal("PUT", CONFIG % "missing", some) == gone
    assert desk.refusal("POST", CONFIG % "missing", some) == gone
    assert desk.refusal("GET", f"{CONFIG % 'missing'}/list") == gone
    assert desk.refusal("PUT", f"{CONFIG % 'F'}?Qualifier=prod", some) == gone
    said = f"The function {function_arn('%s')}:$LATEST doesn't have an EventInvokeConfig"
    none = (404, NOT_FOUND, said % "missing")
    assert desk.refusal("GET", CONFIG % "missing") == none
    assert desk.refusal("DELETE", CONFIG % "missing") == none
    none = (404, NOT_FOUND, said % "F")
    assert desk.refusal("GET", CONFIG % "F") == none
    assert desk.refusal("POST", CONFIG % "F", some) == none
    assert desk.refusal("DELETE", CONFIG % "F") == none


def destined(desk, arn, name="F"):
    """Have a destination refused."""
    destination = {"OnFailure": {"Destination": arn}}
    return desk.refusal("PUT", CONFIG % name, {"DestinationConfig": destination})


def test_in_which_order_a_destination_is_looked_at(desk):
    """lambda.md L-A53, L-A54."""
    queue = "arn:aws:sqs:us-east-1:000000000000:missing"
    assert destined(desk, queue, "missing") == (404, NOT_FOUND, "The function doesn't exist.")
    said = f"The destination ARN {queue} is invalid."
    assert destined(desk, queue) == (400, INVALID, said)
    said = "You can't specify the function as a destination for itself."
    assert destined(desk, function_arn()) == (400, INVALID, said)
    rule = (
        r"Member must satisfy regular expression pattern: $|kafka://([^.]([a-zA-Z0-9\-_.]{0,248}))"
        r"|arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\-])+:((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?"
        r"-[a-z]+-\d{1})?:(\d{12})?:(.*)"
    )
    said = constraint("'_-/!x'", "destinationConfig.onFailure.destination", rule)
    assert destined(desk, "_-/!x") == (400, CONSTRAINT, said)


def test_a_config_belongs_to_the_qualifier_that_the_name_has(desk):
    """lambda.md L-A55, 1.18, 10, row 22."""
    desk.publish()
    desk.alias()
    most = {"MaximumEventAgeInSeconds": 21_600, "MaximumRetryAttempts": 2}
    for name, qualifier in (
        ("F:1", "1"),
        (f"{function_arn()}:prod", "prod"),
        ("F:$LATEST?Qualifier=$LATEST", "$LATEST"),
    ):
        function, _, query = name.partition("?")
        path = CONFIG % function + (f"?{query}" if query else "")
        assert desk.ok("PUT", path, most)["FunctionArn"] == f"{function_arn()}:{qualifier}"
    said = "The derived qualifier from the function name does not match the specified qualifier."
    refused = desk.refusal("PUT", f"{CONFIG % 'F:1'}?Qualifier=prod", most)
    assert refused == (400, INVALID, said)
    page = desk.ok("GET", f"{CONFIG % 'F'}/list?MaxItems=2")
    assert len(page["FunctionEventInvokeConfigs"]) == 2
    rest = desk.ok("GET", f"{CONFIG % 'F'}/list?Marker={page['NextMarker']}")
    assert (len(rest["FunctionEventInvokeConfigs"]), "NextMarker" in rest) == (1, False)


def test_reserved_concurrency_of_nothing_and_of_a_missing_function(desk):
    """lambda.md L-A56, 10, row 33."""
    path = "/2017-10-31/functions/%s/concurrency"
    too_much = {"ReservedConcurrentExecutions": 5_000}
    said = f"Function not found: {function_arn('missing')}"
    status, code, text = desk.refusal("PUT", path % "missing", too_much)
    assert (status, code) == (404, NOT_FOUND)
    assert text.startswith(said)
    none = {"ReservedConcurrentExecutions": 0}
    assert desk.ok("PUT", path % "F", none) == none
    assert desk.ok("GET", f"{FUNCTIONS}/F")["Concurrency"] == none


def test_provisioned_concurrency_that_the_account_does_not_have(desk):
    """lambda.md L-A57, L-A58, L-C5."""
    desk.publish()
    path = PROVISIONED % ("F", "1")
    status, code, text = desk.refusal("PUT", path, {"ProvisionedConcurrentExecutions": 950})
    assert (status, code, text) == (
        400,
        INVALID,
        (
            "Specified ConcurrentExecutions for function decreases account's"
            " UnreservedConcurrentExecution below its minimum value of [100]."
        ),
    )
    answer = desk.send("PUT", path, {"ProvisionedConcurrentExecutions": 950})
    assert answer.json.keys() == {"message"}
    rule = "Member must have value greater than or equal to 1"
    said = constraint("'0'", "provisionedConcurrentExecutions", rule)
    refused = desk.refusal("PUT", path, {"ProvisionedConcurrentExecutions": 0})
    assert refused == (400, CONSTRAINT, said)


def test_provisioned_concurrency_of_what_is_not_there(desk):
    """lambda.md L-A59."""
    one = {"ProvisionedConcurrentExecutions": 1}
    for name in ("F", "missing"):
        said = f"Cannot find alias arn: {function_arn(name)}:prod"
        refused = desk.refusal("PUT", PROVISIONED % (name, "prod"), one)
        assert refused == (404, NOT_FOUND, said)
        said = f"Function not found: {function_arn(name)}:10"
        refused = desk.refusal("PUT", PROVISIONED % (name, "10"), one)
        assert refused == (404, NOT_FOUND, said)
    desk.publish()
    assert desk.send("DELETE", PROVISIONED % ("F", "1")).status == 204


def test_provisioned_concurrency_goes_with_its_alias(desk):
    """lambda.md L-A61."""
    desk.publish()
    desk.configure(Description="other")
    desk.publish()
    desk.alias()
    path = PROVISIONED % ("F", "prod")
    desk.ok("PUT", path, {"ProvisionedConcurrentExecutions": 1}, status=202)
    desk.settle()
    assert desk.ok("GET", path)["Status"] == "READY"
    desk.ok("PUT", f"{FUNCTIONS}/F/aliases/prod", {"FunctionVersion": "2"})
    moved = desk.ok("GET", path)
    assert moved["RequestedProvisionedConcurrentExecutions"] == 1
    assert desk.send("DELETE", f"{FUNCTIONS}/F/aliases/prod").status == 204
    said = f"Cannot find alias arn: {function_arn()}:prod"
    assert desk.refusal("GET", path) == (404, NOT_FOUND, said)
    listed = desk.ok("GET", "/2019-09-30/functions/F/provisioned-concurrency?List=ALL")
    assert listed == {"ProvisionedConcurrencyConfigs": []}
