"""Ask a running server: flags that say where it is, and one GET."""

import argparse
import os
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

import msgspec

from headrace.base.arn import parse_arn
from headrace.base.errors import ServiceError
from headrace.core.functions.names import parse_reference
from headrace.shell.config import Config, ConfigError, resolve

#: Seconds that an answer may take.
WAIT_S = 120


class AskFailed(Exception):
    """The server gave no answer, or refused; the text says why in one sentence."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags by which a server is found, and the one for the answer's form."""
    parser.add_argument("--config", metavar="FILE", help="read this file, not ./headrace.toml")
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        help="where the server is; else AWS_ENDPOINT_URL, else host and port of the configuration",
    )
    parser.add_argument("--json", action="store_true", help="print the answer as JSON")


class Server:
    """A running server, as the command line finds it."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        """Find it.

        Raises:
            ConfigError: A setting is unknown or its value cannot be used.
        """
        self.config: Config = resolve({}, file=arguments.config).config
        host = self.config.host
        host = f"[{host}]" if ":" in host else host
        here = f"http://{host}:{self.config.port}"
        url = arguments.endpoint or os.environ.get("AWS_ENDPOINT_URL") or here
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"the endpoint must begin with http:// or https://, not {url!r}")
        self.url = url.rstrip("/")
        environment = (os.environ.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        #: Where a bare name is looked for: where clients of AWS here make their queues.
        self.region = next(filter(None, environment), self.config.region)

    def place_of(self, queue: str) -> dict[str, str]:
        """Return the parameter that names a queue: given by name, URL or ARN."""
        try:
            arn = parse_arn(queue)
        except ValueError:
            if "/" in queue:
                return {"QueueUrl": queue}
            region, account, name = self.region, self.config.account, queue
        else:
            region, account, name = arn.region, arn.account, arn.resource
        return {"QueueUrl": f"/queue/{region}/{account}/{name}"}

    def function_of(self, function: str) -> dict[str, str]:
        """Return the parameter that names a function: given by name, partial or full ARN.

        Raises:
            AskFailed: It cannot be the name of one.
        """
        if function.startswith("arn:"):
            return {"FunctionName": function}
        account = self.config.account
        try:
            reference = parse_reference(function, None, account, self.region, "InvokeFunction")
        except ServiceError as refusal:
            raise AskFailed(refusal.message) from None
        return {"FunctionName": reference.qualified_arn}

    def ask(self, path: str, parameters: dict[str, str]) -> Any:
        """Return the JSON document that the server answers with, an error's too.

        Raises:
            AskFailed: There is no server, or it gives no such document.
        """
        query = f"?{urlencode(parameters)}" if parameters else ""
        request = Request(f"{self.url}{path}{query}", headers={"Accept": "application/json"})
        opener = build_opener(ProxyHandler({}))
        try:
            with opener.open(request, timeout=WAIT_S) as answer:
                data = answer.read()
        except HTTPError as error:
            data = error.read()
        except (URLError, OSError) as error:
            reason = getattr(error, "reason", error)
            raise AskFailed(f"no server answers at {self.url}: {reason}") from None
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError:
            text = data.decode(errors="replace").strip()[:200]
            raise AskFailed(f"{self.url} does not answer as Headrace does: {text}") from None
