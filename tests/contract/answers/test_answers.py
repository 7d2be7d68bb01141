"""Every operation succeeds once: the answer to the byte, with botocore as judge.

A table (`lambda.txt` and its neighbours) is a story that is told to a server of its own, one second
apart; it is read as those of refusals are (`tests/contract/refusals/rows.py`), and the code of a
row is OK. In an answer `$(host)` and `$(port)` are the server's, `$(id)` any UUID and `$(token)`
that of a link; in a request `$(UUID)` and `$(UploadId)` are the ones that were given last.
"""

import pytest

from headrace.api.services import TABLES
from tests.contract.answers.teller import new_teller, rows_of, unknown

#: SQS has its own, in both protocols (tests/wire/sqs_goldens.py, tests/contract/sqs).
SERVICES = sorted(TABLES.keys() - {"sqs"})
#: Answers that are a stream of events, which the table cannot say: tests/wire/test_lambda_streams.py.
STREAMS = {"InvokeWithResponseStream"}

every_service = pytest.mark.parametrize("service", SERVICES)


@pytest.mark.slow
@every_service
def test_each_answer_is_what_the_table_says(service):
    with new_teller(service) as teller:
        for row in rows_of(service):
            status, text = teller.ask(row.operation, row.parameters)
            expected = "null" if row.text is None else row.text
            assert (row.operation, status, text) == (row.operation, row.status, expected)


@every_service
def test_every_operation_has_an_answer(service):
    told = {row.operation for row in rows_of(service)}
    assert TABLES[service].keys() - told - STREAMS == set()
    assert {row.code for row in rows_of(service)} == {"OK"}


def test_a_member_that_botocore_does_not_know_is_seen():
    given = {"A": [{"B": 1, "C": None}], "D": {"E": 2}}
    assert unknown(given, {"A": [{"B": 1}], "D": {"E": 2}}) == []
    assert unknown(given, {"A": [{}], "D": {}}) == [".A.B", ".D.E"]
