"""Documents: what is a policy, and what IAM says of the rest."""

import json

import pytest

from headrace.core.access.documents import check_permissions, check_size, check_trust
from headrace.core.access.errors import LimitExceeded, MalformedPolicyDocument
from tests.unit.core.access.bench import ALLOW, TRUST, policy_of

ALL = {"Action": "a", "Resource": "*", "Principal": "*"}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        ("", "This policy contains invalid Json"),
        ("{", "This policy contains invalid Json"),
        ("[" * 100_000, "This policy contains invalid Json"),
        ("\ud800", "This policy contains invalid Json"),
        ("[]", "Syntax errors in policy."),
        ("{}", "Syntax errors in policy."),
        ('{"Version":"2020-01-01","Statement":[]}', "Syntax errors in policy."),
        ('{"Version":"2012-10-17","Statement":[]}', "Syntax errors in policy."),
        ('{"Version":"2012-10-17","Statement":[1]}', "Syntax errors in policy."),
        (policy_of(**ALL).replace("Allow", "Maybe"), "Syntax errors in policy."),
    ],
)
def test_what_is_no_policy(document, text):
    for check in (check_trust, check_permissions):
        with pytest.raises(MalformedPolicyDocument) as caught:
            check(document)
        assert caught.value.message == text


@pytest.mark.parametrize(
    ("check", "statement", "text"),
    [
        (check_trust, ALL, "Has prohibited field Resource"),
        (check_trust, {"Action": "a"}, "Missing required field Principal"),
        (check_trust, {"Principal": "*"}, "Missing required field Action"),
        (check_permissions, ALL, "Policy document should not specify a principal."),
        (check_permissions, {"Resource": "*"}, "Policy statement must contain actions."),
        (check_permissions, {"Action": "a"}, "Policy statement must contain resources."),
    ],
)
def test_what_a_statement_must_and_must_not_say(check, statement, text):
    with pytest.raises(MalformedPolicyDocument) as caught:
        check(policy_of(**statement))
    assert caught.value.message == text


def test_good_documents_pass():
    check_trust(TRUST)
    check_permissions(ALLOW)
    check_permissions(policy_of(NotAction="a", NotResource="b"))
    one = json.loads(ALLOW)
    check_permissions(json.dumps({"Statement": one["Statement"][0]}))
    assert check_size("Q", 2, "a \n", "b") is None


def test_white_space_has_no_size():
    check_size("Q", 2, "a ", " b\t\n")
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for Q: 2"):
        check_size("Q", 2, "a ", "bc")
