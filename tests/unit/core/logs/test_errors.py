"""Codes and sentences are AWS's."""

import pytest

from headrace.core.logs import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.ResourceNotFound, "ResourceNotFoundException"),
        (errors.ResourceAlreadyExists, "ResourceAlreadyExistsException"),
        (errors.InvalidParameter, "InvalidParameterException"),
        (errors.TooManyTags, "TooManyTagsException"),
    ],
)
def test_every_error_is_the_senders_and_400(kind, code):
    assert (kind.code, kind.query_code, kind.status, kind.fault) == (code, code, 400, "Sender")


def test_what_is_not_there_is_told_in_awss_words():
    assert errors.no_group().message == "The specified log group does not exist."
    assert errors.no_stream().message == "The specified log stream does not exist."
