"""After which outcomes an environment lives on."""

import pytest

from headrace.ports.sandbox import InvokeOutcome, InvokeStatus


@pytest.mark.parametrize("status", list(InvokeStatus))
def test_an_environment_lives_after_answers_and_reported_errors_only(status):
    lives = {InvokeStatus.ANSWERED, InvokeStatus.ERROR, InvokeStatus.TOO_LARGE}
    assert InvokeOutcome(status, 1).environment_lives is (status in lives)
