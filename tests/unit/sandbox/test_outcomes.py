"""What the port is told of each answer, and of each end."""

import asyncio
import signal

import pytest

from headrace.ports.sandbox import InitStatus, InvokeStatus
from headrace.sandbox.dialogue import Answer
from headrace.sandbox.outcomes import init_outcome, invoke_outcome
from headrace.sandbox.processes import ProcessTree


@pytest.fixture
def tree():
    """The processes of an environment that lives."""
    loop = asyncio.new_event_loop()
    yield ProcessTree(loop, group=None, kills_with_keeper=True, memory_mb=128)
    loop.close()


@pytest.mark.parametrize(
    ("answer", "status", "payload", "error_type"),
    [
        (Answer("ready"), InitStatus.OK, b"", ""),
        (Answer("init_error", "Runtime.X", b"{}"), InitStatus.ERROR, b"{}", ""),
        (Answer("fault", "Extension.X", b"No."), InitStatus.FAULT, b"No.", "Extension.X"),
    ],
)
def test_an_init_phase_ends_as_its_answer_says(tree, answer, status, payload, error_type):
    tree.note_peak(2049)
    outcome = init_outcome(answer, 7, tree, timed_out=False)
    assert (outcome.status, outcome.payload, outcome.error_type) == (status, payload, error_type)
    assert (outcome.duration_ns, outcome.memory_peak_mb) == (7, 3)


@pytest.mark.parametrize(
    ("answer", "status", "payload", "error_type"),
    [
        (Answer("result", "", b"1"), InvokeStatus.ANSWERED, b"1", ""),
        (Answer("too_large"), InvokeStatus.TOO_LARGE, b"", ""),
        (Answer("error", "ValueError", b"{}"), InvokeStatus.ERROR, b"{}", "ValueError"),
        (Answer("fault", "Extension.X", b"No."), InvokeStatus.FAULT, b"No.", "Extension.X"),
    ],
)
def test_an_invoke_ends_as_its_answer_says(tree, answer, status, payload, error_type):
    outcome = invoke_outcome(answer, 7, 3, tree, timed_out=False)
    assert (outcome.status, outcome.payload, outcome.error_type) == (status, payload, error_type)
    assert (outcome.duration_ns, outcome.memory_peak_mb) == (7, 3)


def test_without_an_answer_the_end_of_the_processes_tells(tree):
    tree.judge(5 << 8, before_kill=False)
    assert init_outcome(None, 7, tree, timed_out=False).status is InitStatus.EXITED
    outcome = invoke_outcome(None, 7, 3, tree, timed_out=False)
    assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, 5)


def test_a_time_out_is_told_whatever_ended_the_processes(tree):
    tree.judge(signal.SIGKILL, before_kill=False)
    assert init_outcome(None, 7, tree, timed_out=True).status is InitStatus.TIMED_OUT
    assert invoke_outcome(None, 7, 3, tree, timed_out=True).status is InvokeStatus.TIMED_OUT
