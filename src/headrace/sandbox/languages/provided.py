"""`provided.al2` and `provided.al2023`: the package's own `bootstrap`, on this machine's system.

Source: spec/lambda.md 3.2, L-A106, L-A111.
"""

from collections.abc import Mapping

from headrace.sandbox.languages.language import Interpreter, Launch, Speech

RUNTIMES = ("provided.al2", "provided.al2023")


class Provided:
    """Programs that speak the Runtime API by themselves."""

    name = "provided"
    speech = Speech.RUNTIME_API
    #: A bootstrap has to look for it itself, as on AWS.
    obeys_wrapper = False
    frames_log = False
    idle_data_mb = 0

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return this machine once a runtime: it needs nothing."""
        return [Interpreter(runtime) for runtime in RUNTIMES]

    def entry_points(self, launch: Launch) -> list[str]:
        """Return where AWS looks for the bootstrap."""
        return [f"{folder}/bootstrap" for folder in (launch.places.task, launch.places.layers)]

    def arguments(self, launch: Launch) -> list[str]:
        """Return nothing: it has no arguments."""
        return []

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return nothing: it has only what all have."""
        return {}
