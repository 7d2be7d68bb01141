"""Nothing acknowledged is lost when the server is killed: rounds of load, SIGKILL and census."""

import os

import pytest

from tests.crash.model import Violation
from tests.crash.torture import Torture

ROUNDS = int(os.environ.get("HEADRACE_CRASH_ROUNDS", "20"))
SEED = int(os.environ.get("HEADRACE_CRASH_SEED", "20261125"))


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(60 + 30 * ROUNDS)
def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path):
    print(f"\npython -m tests.crash.torture {ROUNDS} {SEED}")
    torture = Torture(tmp_path / "data", SEED)
    torture.run(ROUNDS, print)
    assert torture.round == ROUNDS
    assert torture.model.answers > 100 * ROUNDS


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_server_that_answers_without_writing_is_found_out(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.crash.torture.CENSUS_S", 3.0)
    monkeypatch.setattr("tests.crash.torture.LOAD_S", (1.0, 1.0))
    torture = Torture(tmp_path / "data", SEED)
    torture.modules = ("tests.crash.liar",)
    with pytest.raises((Violation, AssertionError)):
        torture.run(2, print)
