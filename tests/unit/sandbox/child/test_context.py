"""The context object of Python handlers (spec/lambda.md 3.6)."""

import json

import pytest

from headrace.sandbox.child import context


def context_for(client_context=None):
    text = "" if client_context is None else json.dumps(client_context)
    header = {"id": "i", "arn": "a", "deadline_ms": 0, "client_context": text}
    return context.LambdaContext(header)


def test_a_client_context_is_given_in_its_parts():
    one = context_for({"client": {"app_title": "t"}, "custom": {"k": 1}, "env": {"e": 2}})
    given = one.client_context
    assert (given.client.app_title, given.client.installation_id) == ("t", None)
    assert (given.custom, given.env) == ({"k": 1}, {"e": 2})
    assert context_for({"custom": {}}).client_context.client is None
    assert context_for().client_context is None


def test_a_trace_context_is_taken_out_of_the_client_context():
    one = context_for({"custom": {}, "w3c": {"traceparent": "00-1", "baggage": 1, "more": "m"}})
    assert one.w3c() == {"traceparent": "00-1"}
    assert context_for({"w3c": "no"}).w3c() == context_for().w3c() == {}


def test_what_a_context_holds_can_be_printed(monkeypatch):
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    told = repr(context_for({"client": {"app_title": "t"}}))
    assert told.startswith("LambdaContext([aws_request_id=i,log_group_name=")
    assert ",function_name=f," in told
    assert "client_context=ClientContext([client=Client([app_package_name=None,app_title=t" in told
    assert told.endswith(
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),"
        "tenant_id=None])"
    )


def test_no_time_is_left_after_the_deadline():
    assert context_for().get_remaining_time_in_millis() == 0


def test_a_client_context_that_is_no_json_is_an_error_of_the_runtime():
    header = {"id": "i", "arn": "a", "deadline_ms": 0, "client_context": "{"}
    with pytest.raises(context.Fault) as caught:
        context.LambdaContext(header)
    assert caught.value.kind == "Runtime.LambdaContextUnmarshalError"
