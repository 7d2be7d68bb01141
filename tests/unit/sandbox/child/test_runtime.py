"""Documents of what a handler raised (spec/lambda.md 2.2)."""

import pytest

from headrace.sandbox.child.runtime import describe


@pytest.mark.parametrize(
    ("version", "members"),
    [
        ("3.8", ["errorMessage", "errorType", "stackTrace"]),
        ("3.9", ["errorMessage", "errorType", "requestId", "stackTrace"]),
    ],
)
def test_python_3_8_knows_no_request_id(monkeypatch, version, members):
    """lambda.md L-C12."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", f"AWS_Lambda_python{version}")
    document = describe(ValueError("no"), "id")
    assert list(document) == members
    assert (document["errorMessage"], document["errorType"]) == ("no", "ValueError")
