"""Advice as a document and as text."""

from headrace.api.advice.telling import document_of, text_of
from headrace.core.advice.advise import advise
from tests.unit.core.advice.bench import setup_of


def test_a_finding_has_rule_severity_subject_meaning_and_fix():
    document = document_of(advise(setup_of(queue={"max_receive_count": 0})))
    assert document["worst"] == "error"
    (finding, *_) = document["findings"]
    assert (finding["rule"], finding["subject"]) == ("E-05", "orders")
    lines = text_of(document).splitlines()
    assert lines[0].startswith("E-05 error: orders: orders has no dead-letter queue")
    assert lines[1] == "     fix: set RedrivePolicy with a dead-letter queue and maxReceiveCount 5"
    assert lines[-1] == "1 mappings looked at: 1 error, 0 warning, 0 info"
    assert any(line.startswith("E-28 not judged") for line in lines)


def test_nothing_found_is_said_too():
    document = document_of(advise(setup_of()))
    assert (document["worst"], document["findings"]) == ("none", [])
