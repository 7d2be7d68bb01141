"""What is odd about a function's answers to batches: for advice, not for what becomes of them.

Source: spec/esm.md 5.2 and rules E-14 to E-16, E-27 of 8.2.
"""

from headrace.core.mapping.batch import Batch
from headrace.core.mapping.report import Report, failed_ids, has_failures, read

NO_REPORT = "no report"
IGNORED_REPORT = "ignored report"
MALFORMED = "malformed"
GAP = "gap"


def heard(batch: Batch, payload: bytes, *, in_order: bool) -> tuple[frozenset[str], str]:
    """Return the ids of a batch's messages that failed by an answer, and what is odd about it."""
    if not batch.reports:
        return frozenset(), IGNORED_REPORT if has_failures(payload) else ""
    report = read(payload)
    return failed_ids(report, batch.ids), oddity_of(batch, report, in_order=in_order)


def oddity_of(batch: Batch, report: Report | None, *, in_order: bool) -> str:
    """Return what is odd about an answer to a batch that asks for reports; empty: nothing is.

    Args:
        report: What the answer reports; None: it is malformed.
        in_order: Whether the batch is of a FIFO queue.
    """
    if report is None or report.has_empty_entries:
        return MALFORMED
    if not report.is_there:
        return NO_REPORT
    failed = frozenset(report.ids)
    if not failed <= frozenset(batch.ids):
        return MALFORMED
    return GAP if in_order and _has_gap(batch, failed) else ""


def _has_gap(batch: Batch, failed: frozenset[str]) -> bool:
    """Tell whether a message counts as handled behind one of its group that failed."""
    stopped: set[str] = set()
    for message_id, group in zip(batch.ids, batch.groups, strict=True):
        if message_id in failed:
            stopped.add(group)
        elif group in stopped:
            return True
    return False
