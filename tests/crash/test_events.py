"""A killed server runs the asynchronous invokes that it accepted, and tells of each."""

import pytest

from tests.crash.events import BAD_QUEUE, GOOD_QUEUE, EventModel, Events
from tests.crash.history import Violation
from tests.crash.test_crash import ROUNDS, SEED
from tests.crash.torture import Torture

#: Each costs seconds: the default is few.
EVENT_ROUNDS = max(2, ROUNDS // 10)


@pytest.mark.crash
@pytest.mark.slow
@pytest.mark.timeout(120 + 30 * EVENT_ROUNDS)
def test_a_killed_server_still_runs_what_it_accepted(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.crash.torture.LOAD_S", (0.3, 0.9))
    torture = Torture(tmp_path / "data", SEED, lambda dice: [Events(dice)])
    torture.run(EVENT_ROUNDS, print)
    (scene,) = torture.scenes
    assert scene.model.answers > 20 * EVENT_ROUNDS
    assert scene.model.missing() == []


def record(number, condition="Success", attempts=1, request_id="a"):
    context = {
        "requestId": request_id,
        "condition": condition,
        "approximateInvokeCount": attempts,
    }
    payload = {"number": number}
    return {"requestContext": context, "requestPayload": payload, "responsePayload": number}


def test_the_model_finds_what_is_missing_or_ended_otherwise():
    model = EventModel()
    model.tried = 9
    model.accepted = {1, 5}
    assert model.missing() == [1, 5]
    model.heard(GOOD_QUEUE, record(1))
    model.heard(GOOD_QUEUE, record(1))  # again, after a kill
    model.heard(BAD_QUEUE, record(5, "RetriesExhausted"))
    assert model.missing() == []
    for queue, wrong in (
        (BAD_QUEUE, record(2)),
        (GOOD_QUEUE, record(5, "RetriesExhausted")),
        (GOOD_QUEUE, record(2, "EventAgeExceeded")),
        (GOOD_QUEUE, record(10)),
        (GOOD_QUEUE, record(2, attempts=2)),
        (GOOD_QUEUE, record(2) | {"responsePayload": 3}),
        (GOOD_QUEUE, record(1, request_id="b")),
    ):
        with pytest.raises(Violation):
            model.heard(queue, wrong)
