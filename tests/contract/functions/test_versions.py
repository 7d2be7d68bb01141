"""Versions, aliases and what has a revision: lambda.md 1.7, 1.11, 1.12, 13.4, 13.5."""

import pytest

from tests.contract.functions.desk import (
    CONSTRAINT,
    FUNCTIONS,
    INVALID,
    NOT_FOUND,
    archive,
    constraint,
    function_arn,
)

ALIASES = f"{FUNCTIONS}/F/aliases"


def revision(desk, qualifier=None):
    """Return the RevisionId that GetFunction shows."""
    return desk.get(qualifier=qualifier)["RevisionId"]


def test_publishing_again_gives_the_same_version_as_it_is(desk):
    """lambda.md L-A28, 10, row 25, 11, item 12."""
    first = desk.publish(Description="first")
    again = desk.publish(Description="ignored")
    assert (again["Version"], again["Description"]) == ("1", "first")
    assert again["RevisionId"] == first["RevisionId"] == revision(desk, "1")
    desk.change_code(text="def handler(event, context): pass\n")
    assert desk.publish()["Version"] == "2"


def test_each_look_after_a_change_shows_another_revision(desk):
    """lambda.md 1.7, 11, item 3."""
    made = desk.ok("POST", FUNCTIONS, desk.document("G"), status=201)
    assert (made["State"], "LastUpdateStatus" in made) == ("Pending", False)
    desk.settle()
    active = desk.get("G")
    assert (active["State"], active["LastUpdateStatus"]) == ("Active", "Successful")
    path = f"{FUNCTIONS}/G/configuration"
    updated = desk.ok("PUT", path, {"Description": "other"})
    assert (updated["State"], updated["LastUpdateStatus"]) == ("Active", "InProgress")
    desk.settle()
    settled = desk.get("G")
    assert settled["LastUpdateStatus"] == "Successful"
    looks = (made, active, updated, settled)
    assert len({look["RevisionId"] for look in looks}) == 4


def test_a_function_that_is_published_as_it_is_made(desk):
    """lambda.md L-A29, 10, row 26."""
    made = desk.create("G", Publish=True)
    assert (made["State"], made["Version"]) == ("Pending", "1")
    assert made["FunctionArn"] == function_arn("G")
    now = {desk.get("G")["RevisionId"], desk.get("G", "1")["RevisionId"]}
    assert made["RevisionId"] not in now
    assert len(now) == 2


def test_publishing_gives_latest_a_new_revision_and_the_version_keeps_its_own(desk):
    """lambda.md L-A30."""
    before = revision(desk)
    desk.publish()
    own, latest = revision(desk, "1"), revision(desk)
    assert before != latest
    desk.configure(Description="other")
    desk.publish()
    assert revision(desk, "1") == own
    assert revision(desk) != latest


def test_a_version_that_comes_with_new_code_is_pending(desk):
    """lambda.md L-A31, 1.8 C2."""
    document = {"ZipFile": archive("def handler(event, context): return 2\n"), "Publish": True}
    answer = desk.ok("PUT", f"{FUNCTIONS}/F/code", document)
    assert (answer["FunctionArn"], answer["State"]) == (f"{function_arn()}:1", "Pending")
    assert (answer["StateReason"], answer["StateReasonCode"]) == (
        "The function is being created.",
        "Creating",
    )
    assert "LastUpdateStatus" not in answer
    assert answer["RevisionId"] != revision(desk) != revision(desk, "1")


def test_a_list_of_versions_has_revisions_and_no_states(desk):
    """lambda.md L-A32, 10, row 28."""
    desk.publish()
    desk.configure(Description="other")
    desk.publish()
    assert desk.send("DELETE", f"{FUNCTIONS}/F?Qualifier=1").status == 204
    listed = desk.ok("GET", f"{FUNCTIONS}/F/versions")["Versions"]
    assert [version["Version"] for version in listed] == ["$LATEST", "2"]
    assert [version["FunctionArn"].rpartition(":")[2] for version in listed] == ["$LATEST", "2"]
    for version in listed:
        assert "RevisionId" in version
        assert not {"State", "LastUpdateStatus", "RuntimeVersionConfig"} & version.keys()


def test_through_an_alias_the_revision_is_the_versions(desk):
    """lambda.md L-A33."""
    desk.publish()
    made = desk.alias()
    shown = desk.get(qualifier="prod")
    assert shown["RevisionId"] == revision(desk, "1") != made["RevisionId"]
    assert shown["FunctionArn"] == f"{function_arn()}:prod"


def test_provisioned_concurrency_gives_the_version_a_new_revision(desk):
    """lambda.md L-A34."""
    desk.publish()
    desk.alias()
    before = revision(desk, "prod")
    path = "/2019-09-30/functions/F/provisioned-concurrency?Qualifier=prod"
    desk.ok("PUT", path, {"ProvisionedConcurrentExecutions": 1}, status=202)
    assert revision(desk, "prod") != before


def weights(desk, weights, version="1"):
    """Have an alias with weights refused."""
    document = {
        "Name": "a",
        "FunctionVersion": version,
        "RoutingConfig": {"AdditionalVersionWeights": weights},
    }
    return desk.refusal("POST", ALIASES, document)


@pytest.mark.parametrize("weight", [2.0, -1.0])
def test_a_weight_out_of_range(desk, weight):
    """lambda.md L-A35."""
    rule = (
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.0,"
        " Member must have value greater than or equal to 0.0, Member must not be null]"
    )
    said = constraint(f"'{{2={weight}}}'", "routingConfig.additionalVersionWeights", rule)
    assert weights(desk, {"2": weight}) == (400, CONSTRAINT, said)


def test_a_weight_of_what_is_no_version(desk):
    """lambda.md L-A36."""
    rule = (
        "Map keys must satisfy constraint: [Member must have length less than or equal to 1024,"
        " Member must have length greater than or equal to 1, Member must satisfy regular"
        " expression pattern: [0-9]+]"
    )
    said = constraint("'{$LATEST=0.5}'", "routingConfig.additionalVersionWeights", rule)
    assert weights(desk, {"$LATEST": 0.5}) == (400, CONSTRAINT, said)


def test_versions_that_are_not_there(desk):
    """lambda.md L-A37."""
    desk.publish()
    missing = (404, NOT_FOUND, f"Function not found: {function_arn()}:10")
    assert desk.refusal("POST", ALIASES, {"Name": "a", "FunctionVersion": "10"}) == missing
    assert weights(desk, {"10": 0.5}) == missing
    path = f"{FUNCTIONS}/missing/aliases"
    said = f"Function not found: {function_arn('missing')}:3"
    refused = desk.refusal("POST", path, {"Name": "a", "FunctionVersion": "3"})
    assert refused == (404, NOT_FOUND, said)


def test_how_weights_are_refused_and_when_there_are_none(desk):
    """lambda.md L-A38, 1.4."""
    desk.publish()
    desk.configure(Description="other")
    desk.publish()
    said = "Number of items in AdditionalVersionWeights cannot be greater than 1"
    assert weights(desk, {"1": 0.5, "2": 0.5}) == (400, INVALID, said)
    said = (
        "Invalid function version 1. Function version 1 is already included in routing"
        " configuration."
    )
    assert weights(desk, {"1": 0.5}) == (400, INVALID, said)
    status, code, text = weights(desk, {"1": 0.5}, version="$LATEST")
    said = "$LATEST is not supported for an alias pointing to more than 1 version"
    assert (status, code, text) == (400, INVALID, said)
    assert "RoutingConfig" not in desk.alias(RoutingConfig={"AdditionalVersionWeights": {}})


def test_errors_about_weights_have_no_type(desk):
    """lambda.md L-C5."""
    desk.publish()
    document = {
        "Name": "a",
        "FunctionVersion": "$LATEST",
        "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}},
    }
    assert desk.send("POST", ALIASES, document).json.keys() == {"message"}


def test_a_name_of_digits_alone_is_none(desk):
    """lambda.md L-A39."""
    desk.publish()
    rule = "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)"
    refused = desk.refusal("POST", ALIASES, {"Name": "2024", "FunctionVersion": "1"})
    assert refused == (400, CONSTRAINT, constraint("'2024'", "name", rule))
    assert desk.alias("2024-01-02")["Name"] == "2024-01-02"


def test_an_update_without_a_change_is_a_new_revision(desk):
    """lambda.md L-A40."""
    desk.publish()
    before = desk.alias()
    after = desk.ok("PUT", f"{ALIASES}/prod", {})
    assert after["RevisionId"] != before["RevisionId"]
    assert {**after, "RevisionId": ""} == {**before, "RevisionId": ""}


def test_through_a_missing_alias_the_function_is_not_found(desk):
    """lambda.md L-A41."""
    said = f"Function not found: {function_arn()}:prod"
    assert desk.refusal("GET", f"{FUNCTIONS}/F?Qualifier=prod") == (404, NOT_FOUND, said)
    path = f"{FUNCTIONS}/F/invocations?Qualifier=prod"
    assert desk.refusal("POST", path) == (404, NOT_FOUND, said)
    said = f"Cannot find alias arn: {function_arn()}:prod"
    assert desk.refusal("GET", f"{ALIASES}/prod") == (404, NOT_FOUND, said)


def test_deleting_the_function_lets_numbers_begin_anew(desk):
    """lambda.md 1.8 C6, 1.10 D2, 11, items 2 and 14."""
    desk.publish()
    refused = desk.refusal("POST", FUNCTIONS, desk.document())
    assert refused == (409, "ResourceConflictException", "Function already exist: F")
    assert desk.send("DELETE", f"{FUNCTIONS}/F?Qualifier=7").status == 204
    assert desk.send("DELETE", f"{FUNCTIONS}/F").status == 204
    desk.create()
    assert desk.publish()["Version"] == "1"
