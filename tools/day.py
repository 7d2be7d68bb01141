"""Replay a day of real deliveries through queues, mappings and functions, in virtual time.

Arrivals follow a day's curve with bursts; functions are slow, raise, report single failures, have
no room, and are broken for a while. All is drawn from a seed: a day is the same day again. Looked
at all the time: each message is in exactly one place, and no message of a FIFO group is handed
over while one before it is neither handled nor dead.

python -m tools.day [--messages 20000] [--seed 1]
"""

import argparse
import json
import math
import random
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headrace.core.mapping.commands import Limit, TagMapping
from headrace.core.mapping.tags import BISECT
from headrace.core.sqs.commands import LookAtMessages
from headrace.testing.pipeline import (
    START,
    Call,
    Pipeline,
    Result,
    arn_of_queue,
    fail,
    report,
    throttle,
)

INPUT = Path(__file__).parents[1] / "examples" / "webhooks" / "github-webhooks.jsonl"
SECOND = 1_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
#: How often all messages are looked for.
LOOK_EVERY_MS = HOUR // 2
#: Invokes at once of all functions, which is too few at the busiest times.
PLACES = 25
#: Share of batches for which the function raises, of messages reported as failed, of messages
#: that never can be handled.
RAISES, REPORTED, POISON = 0.02, 0.02, 0.005
#: From when until when one function always raises.
BROKEN = (9 * HOUR, 9 * HOUR + 20 * 60 * SECOND)
MAX_RECEIVES = 4
FILTER = '{"body":{"event":[{"anything-but":["star","watch","fork"]}]}}'


class Day:
    """One day of so many messages; `run` raises AssertionError when a promise is broken."""

    def __init__(self, messages: int, seed: int, lines: Iterable[str]) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - the same day again
        self.pipe = Pipeline(self.function)
        self.count = messages
        self.deliveries = [json.loads(line) for line in lines]
        self.queues: dict[str, int] = {}
        self.sent: dict[str, int] = {}  # message id to when
        self.groups: dict[str, list[str]] = {}  # FIFO group to its message ids, in order
        self.first_alive: Counter[str] = Counter()  # group to where its living begin
        self.poison: set[str] = set()
        self.dead: dict[str, str] = {}  # message ids to the dead-letter queue that they are in
        self.waits_ms: list[int] = []  # from sending to the end of the call that handled a message
        self.looks = 0
        self.create_all()

    def create_all(self) -> None:
        """Create queues with dead-letter queues, and mappings of each kind."""
        self.create("deliveries", reports_failures=True, filters=(FILTER,))
        archive = self.create("archive", batch_size=100, window_s=30)
        self.pipe.ask(TagMapping(archive, {BISECT: "true"}))
        self.create("quiet", batch_size=1)
        self.create("repositories.fifo", reports_failures=False)

    def create(self, name: str, **settings: Any) -> int:
        """Create one queue, its dead-letter queue and its mapping; return the mapping's number."""
        stem, _, suffix = name.partition(".")
        attributes = {"FifoQueue": "true"} if suffix else {}
        dead = f"{stem}-dead.fifo" if suffix else f"{stem}-dead"
        target = arn_of_queue(dead)
        policy = f'{{"deadLetterTargetArn":"{target}","maxReceiveCount":{MAX_RECEIVES}}}'
        self.queues[dead] = self.pipe.create_queue(dead, **attributes)
        queue = self.pipe.create_queue(
            name, VisibilityTimeout=120, RedrivePolicy=policy, **attributes
        )
        self.queues[name] = queue
        return self.pipe.create_mapping(queue, stem, timeout_s=20, **settings)

    # --- what happens ----------------------------------------------------------------------------

    def arrivals(self) -> list[int]:
        """Return the instants of a day's messages: more by day than by night, some in bursts."""
        instants: list[int] = []
        while len(instants) < self.count:
            at = self.dice.randrange(DAY)
            busy = 0.5 - 0.5 * math.cos(2 * math.pi * (at / DAY))
            if self.dice.random() > 0.1 + 0.9 * busy:
                continue
            burst = self.dice.choice((1, 1, 1, 1, 1, 20, 200)) if self.dice.random() < 0.02 else 1
            instants += [at + self.dice.randrange(2 * SECOND) for _ in range(burst)]
        return sorted(instants[: self.count])

    def send(self) -> None:
        """Send one delivery to one of the queues."""
        delivery = self.dice.choice(self.deliveries)
        is_poison = self.dice.random() < POISON
        kind = self.dice.random()
        body = json.dumps(
            {
                "event": delivery["event"],
                "repository": delivery["payload"].get("repository", {}).get("full_name", ""),
                "sender": delivery["payload"].get("sender", {}).get("login", ""),
                "is_poison": is_poison,
            }
        )
        group = None
        if kind < 0.45:
            name = "deliveries"
        elif kind < 0.6:
            name = "archive"
        elif kind < 0.62:
            name = "quiet"
        else:
            name, group = "repositories.fifo", f"repository-{self.dice.randrange(40)}"
        (message_id,) = self.pipe.send(self.queues[name], body, group=group)
        self.note(message_id, group)
        if is_poison:
            self.poison.add(message_id)

    def note(self, message_id: str, group: str | None) -> None:
        """A message is there; perhaps a function has seen it before its sender heard its id."""
        if message_id not in self.sent:
            self.sent[message_id] = self.pipe.now
            if group is not None:
                self.groups.setdefault(group, []).append(message_id)

    def function(self, call: Call) -> Result:
        """Decide a call: look that nothing is overtaken, then succeed or fail by the dice."""
        if call.running >= PLACES:
            return throttle()
        name = call.function_arn.rpartition(":")[2]
        for record in call.records:
            self.note(record["messageId"], record["attributes"].get("MessageGroupId"))
        self.check_order(call)
        duration_ms = int(self.dice.lognormvariate(6.0, 0.9)) + 1
        duration_ms = min(duration_ms, 19_000)
        bad = [
            record["messageId"]
            for record in call.records
            if json.loads(record["body"])["is_poison"]
        ]
        since = self.pipe.now - START
        is_broken = name == "archive" and BROKEN[0] <= since < BROKEN[1]
        if name == "deliveries":
            failed = bad + [one for one in call.ids if self.dice.random() < REPORTED]
            result = report(call, failed, duration_ms)
        elif bad or is_broken or self.dice.random() < RAISES:
            return fail(duration_ms)
        else:
            result = report(call, (), duration_ms)
        ended_at = self.pipe.now + duration_ms
        self.waits_ms += [ended_at - self.sent[one] for one in result.handled]
        return Result(result.outcome, result.duration_ms, result.handled, Limit.ACCOUNT)

    # --- what must hold --------------------------------------------------------------------------

    def check_order(self, call: Call) -> None:
        """No message of a FIFO group comes before one that is neither handled nor dead."""
        seen: dict[str, int] = {}
        for record in call.records:
            group = record["attributes"].get("MessageGroupId")
            if group is None:
                continue
            members = self.groups[group]
            place = members.index(record["messageId"], self.first_alive[group])
            start = seen.get(group, self.first_alive[group])
            for earlier in members[start:place]:
                assert self.has_ended(earlier), f"{earlier} of {group} was overtaken"
            if group not in seen:
                self.first_alive[group] = place
            seen[group] = place + 1

    def has_ended(self, message_id: str) -> bool:
        """Tell whether a message was handled, or lies in a dead-letter queue."""
        if message_id in self.pipe.deleted or message_id in self.dead:
            return True
        self.find_dead()
        return message_id in self.dead

    def find_dead(self) -> None:
        """Note what lies in the dead-letter queues."""
        for name, queue in self.queues.items():
            if "-dead" in name:
                self.dead.update(dict.fromkeys(self.ids_in(queue), name))

    def ids_in(self, queue: int) -> list[str]:
        """Return the ids of all messages in a queue, wherever in it."""
        ids: list[str] = []
        after, more = 0, True
        while more:
            command = LookAtMessages(queue, after, 1_000, in_flight=True, delayed=True)
            page = self.pipe.ask(command)
            ids += [seen.message.message_id for seen in page.messages]
            more = page.more
            after = page.messages[-1].message.number if page.messages else after
        return ids

    def look(self) -> None:
        """See that each message is in exactly one place: a queue, handled, or filtered out."""
        self.looks += 1
        places: Counter[str] = Counter()
        for queue in self.queues.values():
            places.update(self.ids_in(queue))
        places.update(self.pipe.deleted)
        places.update(self.pipe.filtered)
        assert places.keys() == self.sent.keys(), "a message is nowhere, or came from nowhere"
        twice = [message_id for message_id, count in places.items() if count > 1]
        assert not twice, f"messages are in two places: {twice[:3]}"

    # --- the day ---------------------------------------------------------------------------------

    def run(self) -> dict[str, int]:
        """Live the day, and then as long as the last message needs; return what happened."""
        began = self.pipe.now
        looked_at = 0
        for at in self.arrivals():
            while at - looked_at >= LOOK_EVERY_MS:
                looked_at += LOOK_EVERY_MS
                self.pipe.advance(began + looked_at - self.pipe.now)
                self.look()
            if began + at > self.pipe.now:
                self.pipe.advance(began + at - self.pipe.now)
            self.send()
        self.pipe.advance(2 * HOUR)
        self.look()
        self.find_dead()
        ended = self.pipe.deleted | self.pipe.filtered | self.dead.keys()
        assert ended == self.sent.keys(), "a message was neither processed, filtered nor dead"
        alive = self.poison - self.dead.keys() - self.pipe.filtered
        assert not alive, "what cannot be handled must end in a dead-letter queue"
        return self.summary()

    def summary(self) -> dict[str, int]:
        """Return figures of the day."""
        calls = self.pipe.calls
        waits = sorted(self.waits_ms)
        throttles = sum(call.ended_at == call.at for call in calls)
        return {
            "messages": len(self.sent),
            "processed": len(self.pipe.deleted),
            "filtered": len(self.pipe.filtered),
            "dead": len(self.dead),
            "calls": len(calls) - throttles,
            "throttled": throttles,
            "most at once": self.pipe.running_most,
            "half of them after, in ms": waits[len(waits) // 2],
            "99 of 100 after, in ms": waits[len(waits) * 99 // 100],
            "looks": self.looks,
        }


def main() -> None:
    """Live a day and print its figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--input", type=Path, default=INPUT)
    chosen = parser.parse_args()
    began = time.perf_counter()
    day = Day(chosen.messages, chosen.seed, chosen.input.read_text().splitlines())
    for name, value in day.run().items():
        print(f"{name:>28}  {value:,}")
    print(f"{'a day took, in s':>28}  {time.perf_counter() - began:.1f}")


if __name__ == "__main__":
    main()
