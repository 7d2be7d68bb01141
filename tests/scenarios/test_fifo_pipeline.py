"""Stories from a FIFO queue through a mapping into a function (spec/esm.md 4.4, 10.2, 14)."""

from headrace.testing.pipeline import Pipeline, arn_of_queue, fail, report, succeed, throttle

FIFO = {"FifoQueue": "true"}


def fifo_pipe(function, batch_size=10, **attributes):
    pipe = Pipeline(function)
    queue = pipe.create_queue("orders.fifo", **FIFO, **attributes)
    pipe.create_mapping(queue, batch_size=batch_size, reports_failures=True)
    return pipe, queue


def bodies_in_order(pipe, prefix):
    return [body for call in pipe.calls for body in call.bodies if body.startswith(prefix)]


def test_29_a_failing_group_comes_again_in_order_and_holds_no_other_up():
    """Group A fails once; B goes on meanwhile."""
    failed = []

    def function(call):
        if call.bodies[0].startswith("A") and not failed:
            failed.append(call.number)
            return fail(1_000)
        return succeed(call, 1_000)

    pipe, queue = fifo_pipe(function, batch_size=1, VisibilityTimeout=10)
    for number in range(4):
        pipe.send(queue, f"A{number}", group="A")
        pipe.send(queue, f"B{number}", group="B")
    pipe.advance(9_000)
    assert bodies_in_order(pipe, "B") == ["B0", "B1", "B2", "B3"]
    assert bodies_in_order(pipe, "A") == ["A0"]
    pipe.advance(60_000)
    assert bodies_in_order(pipe, "A") == ["A0", "A0", "A1", "A2", "A3"]
    assert pipe.left(queue) == 0


def test_30_one_group_is_strictly_serial():
    """Five messages, batches of one: never two at a time, in the order of sending (E-A12)."""
    pipe, queue = fifo_pipe(lambda call: succeed(call, 700), batch_size=1)
    pipe.send(queue, *"abcde", group="A")
    pipe.advance(10_000)
    assert [call.bodies for call in pipe.calls] == [["a"], ["b"], ["c"], ["d"], ["e"]]
    assert pipe.running_most == 1


def test_groups_run_side_by_side():
    pipe, queue = fifo_pipe(lambda call: succeed(call, 700), batch_size=1)
    for group in "ABC":
        pipe.send(queue, f"{group}1", f"{group}2", group=group)
    pipe.advance(10_000)
    assert pipe.running_most == 3
    assert pipe.left(queue) == 0


def test_what_was_reported_comes_again_in_order_and_ends_in_the_dead_letter_queue():
    """E-A13, with what stands in a record of a FIFO queue (E-A14)."""
    reports = [{"2", "3", "4"}, {"4"}]

    def function(call):
        failed = reports.pop(0) if reports else set()
        return report(
            call, [i for i, body in zip(call.ids, call.bodies, strict=True) if body in failed]
        )

    pipe = Pipeline(function)
    dead = pipe.create_queue("dead.fifo", **FIFO)
    target = f'{{"deadLetterTargetArn":"{arn_of_queue("dead.fifo")}","maxReceiveCount":2}}'
    queue = pipe.create_queue("orders.fifo", **FIFO, VisibilityTimeout=5, RedrivePolicy=target)
    pipe.create_mapping(queue, reports_failures=True)
    ids = pipe.send(queue, *"1234", group="A")
    pipe.advance(60_000)
    assert [call.bodies for call in pipe.calls] == [list("1234"), list("234")]
    assert [call.receive_counts for call in pipe.calls] == [[1] * 4, [2] * 3]
    first, second = pipe.calls[0].records[1], pipe.calls[1].records[0]
    assert first["messageId"] == second["messageId"] == ids[1]
    assert first["receiptHandle"] != second["receiptHandle"]
    names = ("SequenceNumber", "MessageGroupId", "MessageDeduplicationId")
    assert [first["attributes"][name] for name in names] == [
        second["attributes"][name] for name in names
    ]
    assert set(first["attributes"]) == {
        *names,
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "SenderId",
        "SentTimestamp",
    }
    assert (pipe.left(queue), pipe.left(dead)) == (0, 1)


def test_a_receive_too_heavy_for_one_batch_is_handed_over_in_turn():
    """Two batches of one receive, the same group in both: the second waits for the first."""
    pipe, queue = fifo_pipe(lambda call: succeed(call, 1_000))
    pipe.send(queue, *(letter * 1_000_000 for letter in "abcdefgh"), group="A")
    pipe.advance(10_000)
    letters = ["".join(body[0] for body in call.bodies) for call in pipe.calls]
    assert "".join(letters) == "abcdefgh"
    assert pipe.running_most == 1
    assert pipe.left(queue) == 0


def test_what_failed_in_the_first_half_is_not_overtaken_by_the_second():
    """The group's rest is dropped from the second batch, and comes back in order."""
    failed = []

    def function(call):
        if not failed:
            failed.append(call.number)
            return report(
                call, [i for i, b in zip(call.ids, call.bodies, strict=True) if b[0] == "c"]
            )
        return succeed(call)

    pipe, queue = fifo_pipe(function, VisibilityTimeout=5)
    pipe.send(queue, *(letter * 1_000_000 for letter in "bcdefgh"), group="A")
    pipe.advance(30_000)
    letters = ["".join(body[0] for body in call.bodies) for call in pipe.calls]
    assert letters == ["bcdefg", "ch"]
    assert pipe.calls[1].receive_counts == [2, 2]
    assert pipe.left(queue) == 0


def test_a_throttled_batch_keeps_its_place():
    answers = [throttle(), throttle()]
    pipe, queue = fifo_pipe(lambda call: answers.pop() if answers else succeed(call), batch_size=1)
    pipe.send(queue, *"abc", group="A")
    pipe.advance(60_000)
    assert [body for call in pipe.calls for body in call.bodies] == list("aaabc")
