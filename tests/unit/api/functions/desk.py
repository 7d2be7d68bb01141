"""Every Lambda operation asked of a room as the service does it."""

from types import SimpleNamespace

from headrace.api.context import Context
from headrace.api.functions.table import OPERATIONS
from headrace.api.operation import Prepared
from headrace.base.errors import ServiceError
from tests.unit.core.functions.bench import ACCOUNT, EPOCH, NAME, REGION, bench_with_function


class Desk:
    """A room with one function, asked in AWS's words."""

    def __init__(self, account=ACCOUNT, bench=None):
        self.account = account  # whose requests these are
        self.bench = bench or bench_with_function()
        self._requests = 0

    def context(self):
        """Return a request's surroundings; each has a seed of its own."""
        self._requests += 1
        seed = self._requests.to_bytes(16)
        return Context(self.account, REGION, "id", seed, EPOCH, 1, "http://127.0.0.1:4566", "AIDA")

    def command(self, operation, **parameters):
        """Return the command that a request becomes."""
        rooms = SimpleNamespace(functions=self.bench.room)
        given = {"FunctionName": NAME} | parameters
        return OPERATIONS[operation].command(given, self.context(), rooms)

    def ask(self, operation, **parameters):
        """Return the answer; raise a refusal."""
        command = self.command(operation, **parameters)
        if isinstance(command, Prepared):
            return command.answer(parameters, self.context(), None, {})
        reply = self.bench.ask(command)
        if isinstance(reply, ServiceError):
            raise reply
        return OPERATIONS[operation].answer(parameters, self.context(), reply, {})
