"""A slow and simple model of FIFO queues, written from spec/sqs.md alone: plain lists, searched."""

from tests.laws.queue_model import HOURS_12, RECEIPTS, Message, Model, ModelQueue, hidden_ms
from tests.laws.queue_stories import RULES, arn_of

FIVE_MINUTES = 300_000


class FifoMessage(Message):
    """While nobody touched it, when it is visible depends on the queue's delay of the moment."""

    def __init__(self, queue, number, sent_at, group):
        self.queue, self.group, self.kept_since = queue, group, sent_at
        super().__init__(number, sent_at, None)

    @property
    def visible_at(self):
        return self.until if self.is_touched else self.sent_at + self.queue.delay_ms

    @visible_at.setter
    def visible_at(self, instant):
        self.until = instant


class FifoModelQueue(ModelQueue):
    def __init__(self, machine, name, now):
        super().__init__(machine, name, now)
        self.accepted = []  # (scope, id, number, instant)
        self.scopes = [(now, "queue")]  # (from when, scope), ascending
        self.attempts = {}  # id: (instant, visible at, [(message, count)])

    def scope(self, now):
        return [scope for start, scope in self.scopes if start <= now][-1]


class FifoModel(Model):
    """What the three queues of a FIFO story should do."""

    def expire(self, queue, at):
        queue.messages = [m for m in queue.messages if m.kept_since + queue.retention_ms > at]

    def instants(self, queue):
        for message in queue.messages:
            yield message.visible_at
            yield message.kept_since + queue.retention_ms
        for receive in queue.parked:
            if receive[3] is not None:
                yield receive[3]

    # --- order ---

    def next_group(self, queue, at, done):
        """Return the messages of the group whose turn it is, in order; None when there is none."""
        groups = {}
        for message in sorted(queue.messages, key=lambda m: m.number):
            groups.setdefault(message.group, []).append(message)
        ready = [
            messages
            for messages in groups.values()
            if messages[0].visible_at <= at and messages[0] not in done
        ]
        return min(ready, key=lambda ms: (ms[0].visible_at, ms[0].number), default=None)

    def pick(self, queue, at, at_most, target):
        """Return what a receive hands out and what it moves away."""
        taken, departing = [], []
        while len(taken) < at_most and len(departing) < RULES.moves_at_most:
            group = self.next_group(queue, at, taken)
            if group is None:
                break
            for message in group:
                if (
                    message.visible_at > at
                    or len(taken) == at_most
                    or len(departing) == RULES.moves_at_most
                ):
                    break
                if target is not None and message.count_here >= queue.redrive[1]:
                    departing.append(message)
                    queue.messages.remove(message)
                else:
                    taken.append(message)
        return taken, departing

    def receive(self, queue, receive, at):
        ticket, at_most, visibility_ms, deadline, attempt_id = receive
        in_flight = sum(m.is_touched and m.visible_at > at for m in queue.messages)
        at_most = min(at_most, RULES.in_flight_max - in_flight)
        if at_most <= 0:
            return False
        target = self.queues.get(queue.redrive[0]) if queue.redrive else None
        has_moved = False
        while True:
            taken, departing = self.pick(queue, at, at_most, target)
            for message in departing:
                self.move(message, queue, target, at)
                has_moved = True
            if taken or len(departing) < RULES.moves_at_most:
                break
            if target is not queue:
                self.serve(target, at)
        visible_at = at + hidden_ms(queue, visibility_ms, deadline)
        for message in taken:
            message.first_received_at = message.first_received_at or at
            message.received_at = at
            message.count += 1
            message.count_here += 1
            message.is_touched = True
            message.visible_at = visible_at
        if taken:
            self.replies[ticket] = (self.described(taken), at, visible_at)
            if attempt_id:
                queue.attempts[attempt_id] = (at, visible_at, [(m, m.count) for m in taken])
        if has_moved:
            self.expire(target, at)
            if target is not queue:
                self.serve(target, at)
        return bool(taken)

    def described(self, taken):
        return [(m.number, m.sent_at, m.first_received_at, m.count, m.source) for m in taken]

    def move(self, message, queue, target, at):
        message.queue = target
        message.number = target.next_number
        target.next_number += 1
        message.count_here = 0
        message.is_touched = True
        message.visible_at = message.kept_since = at
        message.source = arn_of(queue.name)
        target.messages.append(message)

    def is_good(self, receipt, message, now):
        return receipt[2] == message.count and message.visible_at > now

    # --- commands ---

    def CreateQueue(self, queue, command, now, ticket):
        if now < self.freed.get(command.name, 0) + 60_000:
            return "QueueDeletedRecently"
        if command.name not in self.queues:
            self.queues[command.name] = FifoModelQueue(self.next_machine, command.name, now)
            self.next_machine += 1
        return None

    def PurgeQueue(self, queue, command, now, ticket):
        refusal = super().PurgeQueue(queue, command, now, ticket)
        if refusal is None:
            queue.accepted, queue.attempts = [], {}
        return refusal

    def SetQueueAttributes(self, queue, command, now, ticket):
        given = command.attributes
        target = "late.fifo" if ":late.fifo" in given.get("RedrivePolicy", "") else "dead.fifo"
        refusal = None
        if given.get("RedrivePolicy"):
            if target not in self.queues:
                return "InvalidParameterValue"
            queue.redrive = (target, 2 if given["RedrivePolicy"].endswith(":2}") else 1)
        else:
            refusal = super().SetQueueAttributes(queue, command, now, ticket)
        scope = given.get("DeduplicationScope")
        if refusal is None and scope and scope != queue.scopes[-1][1]:
            in_force = queue.scope(now)
            queue.scopes = [(0, in_force), (now + FIVE_MINUTES, scope)]
        return refusal

    def SendMessages(self, queue, command, now, ticket):
        results = []
        for message in command.messages:
            scope = message.group_id if queue.scope(now) == "messageGroup" else None
            numbers = [
                number
                for accepted_scope, accepted_id, number, at in queue.accepted
                if accepted_scope in (None, message.group_id)
                and accepted_id == message.deduplication_id
                and now - at < FIVE_MINUTES
            ]
            if numbers:
                results.append(numbers[0])
                continue
            number = queue.next_number
            queue.next_number += 1
            queue.accepted.append((scope, message.deduplication_id, number, now))
            queue.messages.append(FifoMessage(queue, number, now, message.group_id))
            results.append(number)
        self.replies[ticket] = results

    def ReceiveMessages(self, queue, command, now, ticket):
        at, visible_at, entries = queue.attempts.get(command.attempt_id, (None, None, ()))
        if (
            at is not None
            and now - at < FIVE_MINUTES
            and all(
                m in queue.messages and m.count == count and m.visible_at == visible_at
                for m, count in entries
            )
        ):
            visibility_ms = command.visibility_timeout_ms
            visible_at = now + (queue.visibility_ms if visibility_ms is None else visibility_ms)
            for message, _ in entries:
                message.visible_at = visible_at
            queue.attempts[command.attempt_id] = (at, visible_at, entries)
            self.replies[ticket] = (self.described([m for m, _ in entries]), now, visible_at)
            return
        deadline = None if command.wait_ms is None else now + command.wait_ms
        receive = [
            ticket,
            command.at_most,
            command.visibility_timeout_ms,
            deadline,
            command.attempt_id,
        ]
        if not self.receive(queue, receive, now):
            if command.wait_ms == 0 or len(queue.parked) >= RULES.parked_max:
                self.replies[ticket] = ([], now, now)
            else:
                queue.parked.append(receive)
        return

    def found(self, queue, handle):
        """Return receipt and message of a handle; no receipt when it is not this queue's."""
        receipt = RECEIPTS.read(handle)
        if receipt is None or receipt[0] != queue.machine:
            return None, None
        messages = [m for m in queue.messages if m.number == receipt[1] and m.is_touched]
        return receipt, messages[0] if messages else None

    def DeleteMessages(self, queue, command, now, ticket):
        results, gone = [], []
        for handle in command.receipt_handles:
            receipt, message = self.found(queue, handle)
            if receipt is None:
                results.append("ReceiptHandleIsInvalid")
            elif message is None:
                results.append(None)
            elif receipt[2] != message.count or message.visible_at <= now:
                results.append("InvalidParameterValue")
            else:
                results.append(None)
                gone.append(message)
        queue.messages = [m for m in queue.messages if m not in gone]
        self.replies[ticket] = results

    def ChangeVisibility(self, queue, command, now, ticket):
        results, changes = [], []
        for handle, timeout_s in command.entries:
            receipt, message = self.found(queue, handle)
            until = now + timeout_s * 1_000
            if receipt is None:
                results.append("ReceiptHandleIsInvalid")
            elif (
                timeout_s > 43_200
                or message is None
                or receipt[2] != message.count
                or message.visible_at <= now
                or until > message.received_at + HOURS_12
            ):
                results.append("InvalidParameterValue")
            else:
                results.append(None)
                changes.append((message, until))
        for message, until in changes:
            message.visible_at = until
        self.replies[ticket] = results
