"""Tag operations: parameters to commands, replies to answers."""

import pytest

from headrace.base.errors import ServiceError
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import ACCOUNT, ARN, REGION


def test_tags_of_a_function():
    desk = Desk()
    assert desk.ask("ListTags", Resource=ARN) == {"Tags": {}}
    assert desk.ask("TagResource", Resource=ARN, Tags={"a": "1", "b": "2"}) == {}
    assert desk.ask("UntagResource", Resource=ARN, TagKeys=["a", "x"]) == {}
    assert desk.ask("ListTags", Resource=ARN) == {"Tags": {"b": "2"}}
    assert desk.ask("GetFunction")["Tags"] == {"b": "2"}


@pytest.mark.parametrize("qualifier", ["1", "$LATEST", "live"])
def test_versions_and_aliases_have_none(qualifier):
    with pytest.raises(ServiceError) as refusal:
        Desk().ask("ListTags", Resource=f"{ARN}:{qualifier}")
    assert refusal.value.message.startswith("Tags on function aliases and versions are not")


def test_tags_of_other_things_are_not_served_yet():
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:x"
    with pytest.raises(ServiceError) as refusal:
        Desk().ask("ListTags", Resource=arn)
    assert refusal.value.code == "InvalidParameterValueException"
