"""A slow and simple model of queues, written from spec/sqs.md alone: plain lists, searched."""

from headrace.base.errors import ServiceError
from headrace.core.sqs import commands
from headrace.core.sqs.receipts import Receipts
from headrace.core.sqs.replies import EntriesDone, Received, Sent
from tests.laws.queue_stories import NAMES, RULES, SECRET, arn_of, number_of

HOURS_12 = 43_200_000
#: The model cannot guess handles; it reads them.
RECEIPTS = Receipts(SECRET)


def outcome_of(reply):
    """Return what of a reply the model knows too."""
    if isinstance(reply, ServiceError):
        return type(reply).__name__
    if isinstance(reply, Received):
        messages = [
            (m.number, m.sent_at, m.first_received_at, m.receive_count, m.dead_letter_source_arn)
            for m in reply.messages
        ]
        return messages, reply.received_at, reply.visible_at if messages else reply.received_at
    if isinstance(reply, Sent):
        return [getattr(result, "number", "refused") for result in reply.results]
    if isinstance(reply, EntriesDone):
        return [result and type(result).__name__ for result in reply.results]
    return "done"


def places_in(room, now, names=NAMES):
    """Return where the room has each message: queue name to number to place."""
    found = {}
    for name in names:
        queue = room.directory.queues.get(number_of(room, name))
        if queue is None:
            continue
        places = found[name] = {}
        for delay_ms, lane in queue.backlog._lanes.items():
            delay_ms = getattr(queue.backlog, "delay_ms", delay_ms)  # noqa: PLW2901 - FIFO
            for first, count, _, sent_at in lane.runs():
                place = "visible" if sent_at + delay_ms <= now else "delayed"
                for number in range(first, first + count):
                    assert number not in places, "a message is in two places"
                    places[number] = place
        for number, slot in queue.touched.slots.items():
            assert number not in places, "a message is in two places"
            places[number] = "in flight" if slot.is_in_flight else "visible"
        counted = tuple(
            list(places.values()).count(place) for place in ("visible", "in flight", "delayed")
        )
        assert queue.counts(now) == counted
    return found


class Message:
    group = ""

    def __init__(self, number, sent_at, visible_at):
        self.number = number
        self.sent_at = sent_at
        self.visible_at = visible_at
        self.first_received_at = self.received_at = 0
        self.count = self.count_here = 0
        self.is_touched = False
        self.source = ""


def hidden_ms(queue, visibility_ms, deadline):
    """A mapping's receive has no deadline; the queue's timeout holds for it where that is longer."""
    if visibility_ms is None or (deadline is None and visibility_ms < queue.visibility_ms):
        return queue.visibility_ms
    return visibility_ms


class ModelQueue:
    def __init__(self, machine, name, now):
        self.machine, self.name, self.seen = machine, name, now
        self.visibility_ms, self.retention_ms, self.delay_ms = 30_000, 345_600_000, 0
        self.redrive = None
        self.has_groups = False  # Some message had a group id.
        self.messages = []
        self.parked = []  # [ticket, at_most, visibility, deadline]
        self.next_number = 1
        self.purged_at = None
        self.noisy = set()  # Groups.
        self.ends = {}  # Group to the last instant at which a message of it was in flight.
        self.watched = 0

    # --- fair queues (spec/sqs.md 6), counted from the messages each time ---

    def of(self, group):
        return [m for m in self.messages if m.group == group]

    def watch(self, at):
        """Learn until when messages of each group were in flight, and which are quiet again."""
        for m in self.messages:
            if m.is_touched and m.visible_at > self.watched:
                end = min(m.visible_at, m.sent_at + self.retention_ms, at)
                self.ends[m.group] = max(self.ends.get(m.group, 0), end)
        self.watched = at
        for group in list(self.noisy):
            is_idle = not any(m.is_touched and m.visible_at > at for m in self.of(group))
            if is_idle and self.ends[group] + RULES.noise.idle_ms <= at:
                self.noisy.discard(group)
        self.forget()

    def forget(self):
        """Forget the groups without messages."""
        self.noisy &= {m.group for m in self.messages}

    def waiting(self, group, at):
        return [m for m in self.of(group) if not (m.is_touched and m.visible_at > at)]

    def judge(self, groups, at):
        """Find out which of these groups are noisy."""
        flying = [m.group for m in self.messages if m.is_touched and m.visible_at > at]
        for group in set(groups) - {""}:
            mine = flying.count(group)
            if not self.waiting(group, at):
                self.noisy.discard(group)
            elif mine >= RULES.noise.in_flight_min and (
                mine / len(flying) > RULES.noise.share_percent / 100
            ):
                self.noisy.add(group)

    def is_last(self, message):
        """Tell whether a message was received so often that it comes last (4.8)."""
        return self.redrive is not None and self.redrive[1] > 3 <= message.count_here

    def next_of(self, visible, taken, at):
        """Return which visible message comes next."""
        if not self.has_groups:
            return min(visible, key=lambda m: (self.is_last(m), m.number))
        quiet = [m for m in visible if m.group not in self.noisy]
        if quiet:
            return min(quiet, key=lambda m: m.number)
        flying = [
            m.group for m in self.messages if m in taken or (m.is_touched and m.visible_at > at)
        ]
        firsts = {}
        for m in sorted(visible, key=lambda m: m.number):
            firsts.setdefault(m.group, m)
        return min(firsts.values(), key=lambda m: (flying.count(m.group), m.number))


class Model:
    """What the three queues of a story should do."""

    def __init__(self):
        self.queues = {}
        self.freed = {}
        self.replies = {}
        self.next_machine = 16

    # --- time ---

    def pass_time(self, now):
        while True:
            due = [
                (instant, queue.machine, queue)
                for queue in self.queues.values()
                for instant in self.instants(queue)
                if queue.seen < instant <= now
            ]
            if not due:
                break
            at, _, queue = min(due, key=lambda item: item[:2])
            self.happen(queue, at)
        for queue in self.queues.values():
            queue.seen = max(queue.seen, now)
            queue.watch(now)

    def instants(self, queue):
        for message in queue.messages:
            yield message.visible_at
            yield message.sent_at + queue.retention_ms
        for _, _, _, deadline in queue.parked:
            if deadline is not None:
                yield deadline

    def happen(self, queue, at):
        queue.watch(at)
        self.serve(queue, at)
        queue.seen = at
        for receive in [r for r in queue.parked if r[3] is not None and r[3] <= at]:
            queue.parked.remove(receive)
            self.replies[receive[0]] = ([], at, at)

    def expire(self, queue, at):
        queue.messages = [m for m in queue.messages if m.sent_at + queue.retention_ms > at]
        queue.forget()

    def serve(self, queue, at):
        self.expire(queue, at)
        while queue.parked:
            before = queue.next_number
            if self.receive(queue, queue.parked[0], at):
                del queue.parked[0]
            elif queue.next_number == before:
                break

    # --- rules ---

    def receive(self, queue, receive, at):
        ticket, at_most, visibility_ms, deadline = receive
        in_flight = sum(m.is_touched and m.visible_at > at for m in queue.messages)
        at_most = min(at_most, RULES.in_flight_max - in_flight)
        if at_most <= 0:
            return False
        target = self.queues.get(queue.redrive[0]) if queue.redrive else None
        taken = []
        moved_to = None
        moved = 0
        arrived = []  # Here, from here: for the next receive.
        # At the limit of moves a receive answers with what it has, or goes on at the same instant.
        while len(taken) < at_most and not (taken and moved == RULES.moves_at_most):
            if moved == RULES.moves_at_most:
                moved = 0
                arrived = []
                if target is not queue:
                    self.serve(target, at)
            visible = [
                m
                for m in queue.messages
                if m.visible_at <= at and m not in taken and m not in arrived
            ]
            if not visible:
                break
            message = queue.next_of(visible, taken, at)
            if target is not None and message.count_here >= queue.redrive[1]:
                queue.messages.remove(message)
                queue.forget()
                self.move(message, queue, target, at)
                moved_to = target
                moved += 1
                arrived.append(message)
                continue
            taken.append(message)
        visible_at = at + hidden_ms(queue, visibility_ms, deadline)
        for message in taken:
            message.first_received_at = message.first_received_at or at
            message.received_at = at
            message.count += 1
            message.count_here += 1
            message.is_touched = True
            message.visible_at = visible_at
            queue.ends[message.group] = at
        queue.judge([message.group for message in taken], at)
        if taken:
            self.replies[ticket] = (
                [(m.number, m.sent_at, m.first_received_at, m.count, m.source) for m in taken],
                at,
                visible_at,
            )
        if moved_to is not None:
            self.expire(moved_to, at)
            if moved_to is not queue:
                self.serve(moved_to, at)
        return bool(taken)

    def move(self, message, queue, target, at):
        message.number = target.next_number
        target.next_number += 1
        message.count_here = 0
        message.visible_at = at
        message.source = arn_of(queue.name)
        target.messages.append(message)
        target.has_groups |= bool(message.group)

    # --- commands ---

    def ask(self, command, now, ticket):
        queue = None
        if not isinstance(command, commands.CreateQueue):
            queue = next((q for q in self.queues.values() if q.machine == command.queue), None)
        if queue is None and isinstance(
            command, (commands.WithdrawReceive, commands.ReturnMessages, commands.MoveBodies)
        ):
            self.replies[ticket] = "done"
            return None
        if queue is None and not isinstance(command, commands.CreateQueue):
            return "QueueDoesNotExist"
        refusal = getattr(self, type(command).__name__)(queue, command, now, ticket)
        if refusal is None:
            for name in sorted(self.queues, key=lambda name: self.queues[name].machine):
                self.serve(self.queues[name], now)
            if not isinstance(command, commands.ReceiveMessages):
                self.replies.setdefault(ticket, "done")
        return refusal

    def CreateQueue(self, queue, command, now, ticket):
        name = command.name
        if now < self.freed.get(name, 0) + 60_000:
            return "QueueDeletedRecently"
        if name not in self.queues:
            self.queues[name] = ModelQueue(self.next_machine, name, now)
            self.next_machine += 1
        return None

    def DeleteQueue(self, queue, command, now, ticket):
        del self.queues[queue.name]
        self.freed[queue.name] = now
        for receive in queue.parked:
            self.replies[receive[0]] = "QueueDoesNotExist"

    def PurgeQueue(self, queue, command, now, ticket):
        if queue.purged_at is not None and now < queue.purged_at + 60_000:
            return "PurgeQueueInProgress"
        queue.purged_at = now
        queue.messages = []
        queue.forget()
        return None

    def GetQueueAttributes(self, queue, command, now, ticket):
        return None

    def SetQueueAttributes(self, queue, command, now, ticket):
        given = command.attributes
        if "Nonsense" in given:
            return "InvalidAttributeName"
        if "VisibilityTimeout" in given:
            queue.visibility_ms = int(given["VisibilityTimeout"]) * 1_000
        if "DelaySeconds" in given:
            queue.delay_ms = int(given["DelaySeconds"]) * 1_000
        if "MessageRetentionPeriod" in given:
            queue.retention_ms = int(given["MessageRetentionPeriod"]) * 1_000
        if "RedrivePolicy" in given:
            text = given["RedrivePolicy"]
            if not text:
                queue.redrive = None
                return None
            target = "dead" if ":dead" in text else "late"
            if target not in self.queues:
                return "InvalidParameterValue"
            queue.redrive = (target, int(text.rstrip("}").rpartition(":")[2]))
        return None

    def SendMessages(self, queue, command, now, ticket):
        results = []
        groups = {message.group_id or "" for message in command.messages}
        queue.noisy -= {group for group in groups if not queue.waiting(group, now)}
        for message in command.messages:
            delay_ms = queue.delay_ms if message.delay_s is None else message.delay_s * 1_000
            results.append(queue.next_number)
            queue.messages.append(Message(queue.next_number, now, now + delay_ms))
            queue.has_groups |= bool(message.group_id)
            queue.messages[-1].group = message.group_id or ""
            queue.next_number += 1
        queue.judge(groups, now)
        self.replies[ticket] = results

    def ReceiveMessages(self, queue, command, now, ticket):
        in_flight = sum(m.is_touched and m.visible_at > now for m in queue.messages)
        if command.wait_ms == 0 and in_flight >= RULES.in_flight_max:
            return "OverLimit"
        deadline = None if command.wait_ms is None else now + command.wait_ms
        receive = [ticket, command.at_most, command.visibility_timeout_ms, deadline]
        if not self.receive(queue, receive, now):
            if command.wait_ms == 0 or len(queue.parked) >= RULES.parked_max:
                self.replies[ticket] = ([], now, now)
            else:
                queue.parked.append(receive)
        return None

    def WithdrawReceive(self, queue, command, now, ticket):
        queue.parked = [r for r in queue.parked if r[0] != command.receive_ticket]

    def ReturnMessages(self, queue, command, now, ticket):
        undone = set()
        for message in queue.messages:
            if (message.number, message.count) in command.receives and message.is_touched:
                undone.add(message.number)
        for message in queue.messages:
            if message.number in undone:
                message.count -= 1
                message.count_here -= 1
                message.visible_at = now
                if not message.count:
                    message.first_received_at = 0

    def DeleteMessages(self, queue, command, now, ticket):
        results = []
        gone = set()
        for handle in command.receipt_handles:
            receipt = RECEIPTS.read(handle)
            if receipt is None or receipt[0] != queue.machine:
                results.append("ReceiptHandleIsInvalid")
            else:
                results.append(None)
                gone.add(receipt[1])
        queue.messages = [m for m in queue.messages if m.number not in gone]
        queue.forget()
        self.replies[ticket] = results

    def is_good(self, receipt, message, now):
        """Tell whether a handle is good for a message that is here."""
        return True

    def DeadLetterMessages(self, queue, command, now, ticket):
        receipts = [RECEIPTS.read(handle) for handle in command.receipt_handles]
        told = [one for one in receipts if one is not None and one[0] == queue.machine]
        gone = [
            m
            for m in sorted(queue.messages, key=lambda m: m.number)
            if m.is_touched
            and any(one[1] == m.number and self.is_good(one, m, now) for one in told)
        ]
        target = self.queues.get(queue.redrive[0]) if queue.redrive else None
        for message in gone:
            queue.messages.remove(message)
        queue.forget()
        if gone and target is not None:
            for message in gone:
                self.move(message, queue, target, now)
            self.expire(target, now)
            self.serve(target, now)

    def ChangeVisibility(self, queue, command, now, ticket):
        results = []
        changes = {}
        for handle, timeout_s in command.entries:
            receipt = RECEIPTS.read(handle)
            if receipt is None or receipt[0] != queue.machine:
                results.append("ReceiptHandleIsInvalid")
                continue
            found = [m for m in queue.messages if m.number == receipt[1]]
            until = now + timeout_s * 1_000
            if timeout_s > 43_200 or not found or until > found[0].received_at + HOURS_12:
                results.append("InvalidParameterValue")
                continue
            results.append(None)
            changes[found[0].number] = until
        for message in queue.messages:
            message.visible_at = changes.get(message.number, message.visible_at)
        self.replies[ticket] = results

    def MoveBodies(self, queue, command, now, ticket):
        return None

    def places(self, now):
        """Return where each message is: queue name to number to place."""
        return {
            name: {
                message.number: "visible"
                if message.visible_at <= now
                else "in flight"
                if message.is_touched
                else "delayed"
                for message in queue.messages
            }
            for name, queue in self.queues.items()
        }
