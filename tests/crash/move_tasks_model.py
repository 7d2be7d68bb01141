"""What must be true of the move tasks of one source: they go on, only forward, and end."""

from tests.crash.history import broken

RUNNING, COMPLETED, CANCELLING, CANCELLED = "RUNNING", "COMPLETED", "CANCELLING", "CANCELLED"
#: Which status may follow which: only a higher rank.
RANKS = {RUNNING: 0, CANCELLING: 1, COMPLETED: 2, CANCELLED: 2}


class Start:
    """One request to start a task."""

    def __init__(self, is_rescue, asked_at):
        self.is_rescue = is_rescue
        self.asked_at = asked_at
        self.is_refused = False
        self.is_known = False  #: The server said that it has started.


class Task:
    """One task as the newest answer told of it."""

    def __init__(self, entry):
        self.is_rescue = "DestinationArn" in entry
        self.entry = entry
        self.told_at = 0.0
        self.ended_at = None  #: When it was first told that it is over.
        self.cancelled_at = None  #: When a cancel was acknowledged.
        self.may_be_cancelled = False

    @property
    def status(self):
        return self.entry["Status"]

    @property
    def moved(self):
        return self.entry["ApproximateNumberOfMessagesMoved"]

    @property
    def is_active(self):
        return self.ended_at is None


class MoveTasksModel:
    """All tasks of one source, by the instant at which each started (one client starts them)."""

    def __init__(self, history):
        self.history = history
        self.starts = []
        self.tasks = {}
        self.moved_back_before = 0  #: By tasks back to the source, until the last census.

    def asked(self, is_rescue, asked_at):
        """Somebody asks for a task."""
        self.history.note(f"asked to move {'to the rescued' if is_rescue else 'back'}")
        self.starts.append(Start(is_rescue, asked_at))
        return self.starts[-1]

    def started(self, start):
        """The server said that the task has started."""
        self.history.note("the move task has started")
        start.is_known = True

    def refused(self, start):
        """The server said that another task is running."""
        start.is_refused = True
        if not any(not one.is_refused for one in self.starts[:-1]):
            raise broken("a move task was refused, and there is none", self.history)

    def may_have_moved(self, is_rescue, since, until):
        """Tell whether a task of this kind may have been at work between two instants."""
        starts = [s for s in self.starts if s.is_rescue == is_rescue and not s.is_refused]
        if not any(start.asked_at <= until for start in starts):
            return False
        known = [task for task in self.tasks.values() if task.is_rescue == is_rescue]
        if len(known) < len(starts):
            return True  # one of them is not listed yet
        return any(task.is_active or task.ended_at >= since for task in known)

    def listed(self, entries, asked_at, answered_at):
        """The server told of its newest tasks, the newest first."""
        instants = [entry["StartedTimestamp"] for entry in entries]
        if instants != sorted(instants, reverse=True):
            raise broken(f"move tasks out of order: {instants}", self.history)
        for entry in entries:
            self.history.note(f"listed: {entry}")
            task = self.tasks.setdefault(entry["StartedTimestamp"], Task(entry))
            self.compare(task, entry, asked_at)
            if asked_at >= task.told_at:
                task.entry, task.told_at = entry, answered_at
            if entry["Status"] in (COMPLETED, CANCELLED) and task.is_active:
                task.ended_at = answered_at
        known = sum(start.is_known and start.asked_at < asked_at for start in self.starts)
        most = sum(not start.is_refused for start in self.starts)
        if not known <= len(self.tasks) <= most:
            promise = f"there are {len(self.tasks)} move tasks, not {known} to {most}"
            raise broken(promise, self.history)

    def compare(self, task, entry, asked_at):
        """Compare what is told of a task with what was told before it was asked for."""
        status = entry["Status"]
        allowed = {RUNNING, COMPLETED}
        if task.may_be_cancelled:
            allowed |= {CANCELLING, CANCELLED}
        if status not in allowed:
            raise broken(f"a move task has become {status}", self.history)
        if ("TaskHandle" in entry) != (status == RUNNING):
            raise broken(f"a handle, or none, of a task that is {status}", self.history)
        for name in ("ApproximateNumberOfMessagesToMove", "DestinationArn"):
            if entry.get(name) != task.entry.get(name):
                raise broken(f"{name} of a move task has changed", self.history)
        if task.told_at >= asked_at:
            return
        rank, before = RANKS[status], RANKS[task.status]
        is_back = rank < before or (rank == before == 2 and status != task.status)
        is_cancel_lost = (
            status in (RUNNING, COMPLETED) and (task.cancelled_at or asked_at) < asked_at
        )
        if is_back or is_cancel_lost:
            raise broken(f"a move task is {status} after {task.status}", self.history)
        moved = entry["ApproximateNumberOfMessagesMoved"]
        if moved < task.moved or (moved != task.moved and before == 2):
            raise broken(f"a move task moved {moved} after {task.moved}", self.history)

    def cancelled(self, task, moved, asked_at, answered_at):
        """The server said that it cancels a task, which has moved so many."""
        self.history.note(f"cancelled after {moved}")
        task.cancelled_at = answered_at
        if task.told_at < asked_at and moved < task.moved:
            raise broken(f"a move task moved {moved} after {task.moved}", self.history)

    def moved(self, is_rescue):
        """Return how many messages all tasks of a kind have moved."""
        return sum(task.moved for task in self.tasks.values() if task.is_rescue == is_rescue)

    def is_one_active(self):
        """Tell whether a task was not over when it was told of last."""
        return any(task.is_active for task in self.tasks.values())
