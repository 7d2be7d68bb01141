"""Sentences of the wire's own refusals."""

import pytest

from headrace.wire import errors


@pytest.mark.parametrize(
    ("error", "code", "status", "part"),
    [
        (errors.IncompleteBody(), "IncompleteBody", 400, "the number of bytes specified by"),
        (errors.MalformedXml(), "MalformedXML", 400, "not well-formed or did not validate"),
        (errors.MethodNotAllowed("PUT"), "MethodNotAllowed", 405, "not allowed against this"),
        (errors.NotImplementedHere("No."), "NotImplemented", 501, "No."),
    ],
)
def test_refusals_of_s3(error, code, status, part):
    assert (error.code, error.status, part in error.message) == (code, status, True)
    assert errors.MethodNotAllowed("PUT").members == {"Method": "PUT"}
