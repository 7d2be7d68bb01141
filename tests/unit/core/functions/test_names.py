"""Function names, ARNs and qualifiers in every form that AWS takes."""

import pytest

from headrace.core.functions.errors import InvalidParameterValue, ResourceNotFound
from headrace.core.functions.names import (
    Caller,
    FunctionReference,
    check_function_only,
    check_new_name,
    function_arn,
    parse_reference,
    runtime_version_arn,
)
from tests.unit.core.functions.bench import ACCOUNT, ARN, NAME, REGION, reference

OTHER = "999999999999"


def parse(text, qualifier=None):
    return parse_reference(text, qualifier, ACCOUNT, REGION, "GetFunction")


@pytest.mark.parametrize(
    ("text", "qualifier"),
    [
        (NAME, None),
        (f"{NAME}:7", "7"),
        (f"{NAME}:$LATEST", "$LATEST"),
        (f"function:{NAME}", None),
        (f"{ACCOUNT}:function:{NAME}", None),
        (f"{ACCOUNT}:function:{NAME}:prod", "prod"),
        (f"{REGION}:{ACCOUNT}:function:{NAME}", None),
        (ARN, None),
        (f"{ARN}:$LATEST.PUBLISHED", "$LATEST.PUBLISHED"),
    ],
)
def test_every_form_of_a_name_means_the_function(text, qualifier):
    assert parse(text) == FunctionReference(ACCOUNT, REGION, NAME, qualifier)


def test_an_arn_that_ends_at_function_means_a_function_of_that_name():
    assert parse(f"arn:aws:lambda:{REGION}:{ACCOUNT}:function").name == "function"


def test_the_same_qualifier_twice_is_fine_and_two_differ():
    assert parse(f"{NAME}:7", "7").qualifier == "7"
    assert parse(NAME, "7").qualifier == "7"
    with pytest.raises(InvalidParameterValue) as refusal:
        parse(f"{NAME}:7", "8")
    assert refusal.value.message == (
        "The derived qualifier from the function name does not match the specified qualifier."
    )


def test_functions_of_another_region_are_not_reachable():
    with pytest.raises(ResourceNotFound) as refusal:
        parse(f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{NAME}")
    assert refusal.value.message == (
        f"Functions from 'us-east-1' are not reachable in this region ('{REGION}')"
    )


def test_who_names_a_function_of_another_account_is_told_by_the_reference():
    theirs = parse(f"{ARN.replace(ACCOUNT, OTHER)}:live")
    assert (theirs.account, theirs.qualifier) == (OTHER, "live")
    assert theirs.caller == Caller(ACCOUNT, "GetFunction")
    assert parse(ARN).caller is None


def test_a_name_that_is_none_is_not_found():
    with pytest.raises(ResourceNotFound):
        parse("a:b:c")


def test_only_creation_minds_a_long_name():
    check_new_name("a" * 64)
    with pytest.raises(InvalidParameterValue) as refusal:
        check_new_name("a" * 65)
    assert refusal.value.message == (
        f"1 validation error detected: Value '{'a' * 65}' at 'functionName' failed to satisfy "
        "constraint: Member must have length less than or equal to 64"
    )


def test_operations_on_whole_functions_take_no_qualifier():
    check_function_only(reference())
    with pytest.raises(InvalidParameterValue):
        check_function_only(reference(qualifier="$LATEST"))


def test_arns_carry_the_partition_of_their_region():
    assert reference().arn == ARN
    assert reference(qualifier="7").qualified_arn == f"{ARN}:7"
    assert function_arn("1" * 12, "cn-north-1", "f").startswith("arn:aws-cn:lambda:cn-north-1:")


def test_the_arn_of_a_runtime_version_is_the_same_for_the_same_runtime():
    one = runtime_version_arn(REGION, "python3.11")
    assert one == runtime_version_arn(REGION, "python3.11")
    assert one != runtime_version_arn(REGION, "python3.12")
    assert len(one.removeprefix(f"arn:aws:lambda:{REGION}::runtime:")) == 64
