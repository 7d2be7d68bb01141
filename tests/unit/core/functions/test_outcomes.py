"""Error documents and error types of endings, byte for byte."""

import msgspec
import pytest

from headrace.core.functions.outcomes import Ending, error_document, error_type, reported_type
from headrace.ports.sandbox import InitStatus, InvokeStatus

ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


@pytest.mark.parametrize(
    ("ending", "exit_status", "signal", "kind", "reason"),
    [
        (Ending.TIMED_OUT, 0, 0, "Sandbox.Timedout", "Task timed out after 12.00 seconds"),
        (Ending.EXITED, 0, 0, "Runtime.ExitError", "Runtime exited without providing a reason"),
        (Ending.LOST, 0, 0, "Runtime.ExitError", "Runtime exited without providing a reason"),
        (Ending.EXITED, 3, 0, "Runtime.ExitError", "Runtime exited with error: exit status 3"),
        (Ending.KILLED, 0, 9, "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        (
            Ending.KILLED,
            0,
            11,
            "Runtime.ExitError",
            "Runtime exited with error: signal: segmentation fault",
        ),
        (Ending.KILLED, 0, 60, "Runtime.ExitError", "Runtime exited with error: signal: signal 60"),
        (
            Ending.OUT_OF_MEMORY,
            0,
            9,
            "Runtime.OutOfMemory",
            "Runtime exited with error: signal: killed",
        ),
    ],
)
def test_an_ending_becomes_the_document_of_aws(ending, exit_status, signal, kind, reason):
    document = error_document(ending, ID, 12, exit_status, signal)
    assert document.decode() == (
        f'{{"errorType":"{kind}","errorMessage":"RequestId: {ID} Error: {reason}"}}'
    )
    assert error_type(ending) == kind


def test_a_too_long_answer_has_its_message_first():
    assert error_document(Ending.TOO_LARGE, ID, 3, 0, 0) == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
        b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert error_type(Ending.TOO_LARGE) == "Function.ResponseSizeTooLarge"


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        (b'{"errorType":"Runtime.ImportModuleError"}', "Runtime.ImportModuleError"),
        (b'{"errorType":"Function.Odd"}', "Function.Odd"),
        (b'{"errorType":"Function.odd"}', "Function.Unknown"),
        (b'{"errorType":"ValueError"}', "Runtime.Unknown"),
        (b'{"errorType":3}', "Runtime.Unknown"),
        (b"no JSON", "Runtime.Unknown"),
    ],
)
def test_only_types_of_the_right_form_are_shown_in_logs(document, kind):
    assert reported_type(document) == kind


def test_every_status_of_the_sandbox_is_an_ending():
    statuses = [*InitStatus, *InvokeStatus]
    assert {Ending(status.value).value for status in statuses} == {s.value for s in statuses}


def test_a_fault_is_told_with_its_type_and_sentence():
    fault = ("Runtime.InvalidEntrypoint", "Couldn't find valid bootstrap(s): [/var/task/bootstrap]")
    document = msgspec.json.decode(error_document(Ending.FAULT, "id", 3, 0, 0, fault))
    assert document == {"errorType": fault[0], "errorMessage": f"RequestId: id Error: {fault[1]}"}
