"""Settings under load: functions, versions, aliases, roles, objects and log groups, one by one.

Each worker has a function, a role and so on of its own and changes one thing after the other, each
to a number that it has not been before. What was acknowledged must be there after a kill; what got
no answer may be there, or what was before.
"""

import asyncio
import base64
import io
import json
import re
import zipfile

from tests.crash.history import History, broken
from tests.crash.load import Worker
from tests.crash.wire import Connection, Gone

WORKERS = 3
#: What one page of a list has room for.
VERSIONS_MAX = 45
ROLE = "arn:aws:iam::000000000000:role/any"
_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=test/20261128/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host, Signature=00"
)
_JSON = {"Content-Type": "application/json"}
_LOGS = {"Content-Type": "application/x-amz-json-1.1"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_TRUST = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},'
    '"Action":"sts:AssumeRole"}]}'
)


class RestConnection(Connection):
    """A connection that speaks to any service."""

    async def rest(self, method, path, body=b"", service="lambda", headers=None):
        """Send a request; return the status and the answer's bytes."""
        lines = {
            "Host": f"127.0.0.1:{self.port}",
            "Authorization": _SIGNED.format(service=service),
            "Content-Length": str(len(body)),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        try:
            if self.writer is None:
                self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
            self.writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            answer = await self.reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer.lower())
            text = await self.reader.readexactly(int(length[1]) if length else 0)
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Gone(path) from error
        return int(answer.split()[1]), text


class ControlModel:
    """What each setting was acknowledged to be, and what it may be instead."""

    def __init__(self):
        self.server = History()
        self.answers = 0
        self.known = {}  # (worker, setting) to a number
        self.maybe = {}  # (worker, setting) to numbers that got no answer
        self.published = 0  # versions that were asked for

    def saw(self, key, value):
        """A setting was read after a start.

        Raises:
            Violation: It is neither what was acknowledged nor what got no answer.
        """
        known = self.known.get(key)
        allowed = {known} | self.maybe.pop(key, set())
        if value not in allowed:
            raise broken(f"{key} is {value} and not one of {allowed}", self.server)
        self.known[key] = value


class Setter(Worker):
    """Changes the settings of its own things."""

    def __init__(self, port, model, dice, number, clock):
        super().__init__(port, model, dice)
        self.connection = RestConnection(port)
        self.number = number
        self.clock = clock

    def actions(self):
        return tuple((self.act(setting), 1) for setting in SETTINGS)

    def act(self, setting):
        async def change():
            if setting == "version":
                if self.model.published >= VERSIONS_MAX:
                    return
                self.model.published += 1
            value = next(self.clock)
            key = (self.number, setting)
            self.model.maybe.setdefault(key, set()).add(value)
            method, path, body, more, good = SETTINGS[setting][0](f"c{self.number}", value)
            status, answer = await self.connection.rest(method, path, body, **more)
            is_old = setting == "version" and f'"Description":"{value}"'.encode() not in answer
            if status == 409 or (status == good and is_old):
                # An update is under way, or there was none since the last version: nothing happened.
                self.model.maybe[key].discard(value)
                return
            if status != good:
                raise broken(f"{setting}: {status} {answer}", self.model.server)
            self.model.answers += 1
            self.model.known[key] = value
            self.model.maybe.pop(key)

        return change


def _document(**members):
    return json.dumps(members).encode()


def _lambda(method, path, body, good=200):
    return method, path, body, {"headers": _JSON}, good


def _put(name, value):
    body = str(value).encode()
    return "PUT", f"/control/{name}", body, {"service": "s3"}, 200


def _role(action, **more):
    text = "&".join(
        [f"Action={action}", "Version=2010-05-08", *(f"{k}={v}" for k, v in more.items())]
    )
    return text.encode(), {"service": "iam", "headers": _FORM}


def _update_role(name, value):
    body, more = _role("UpdateRole", RoleName=name, Description=value)
    return "POST", "/", body, more, 200


def _logs(operation, **members):
    headers = {**_LOGS, "X-Amz-Target": f"Logs_20140328.{operation}"}
    return _document(**members), {"service": "logs", "headers": headers}


def _tag_group(name, value):
    body, more = _logs("TagLogGroup", logGroupName=name, tags={"value": str(value)})
    return "POST", "/", body, more, 200


_F = "/2015-03-31/functions"
#: Setting to how it is changed: (method, path, body, more, status of success), and how it is read:
#: (method, path, body, more) and a pattern whose group is the number.
SETTINGS = {
    "description": (
        lambda name, value: _lambda(
            "PUT", f"{_F}/{name}/configuration", _document(Description=str(value))
        ),
        lambda name: ("GET", f"{_F}/{name}/configuration", b"", {}),
        rb'"Description":"(\d*)"',
    ),
    "alias": (
        lambda name, value: _lambda(
            "PUT", f"{_F}/{name}/aliases/live", _document(Description=str(value))
        ),
        lambda name: ("GET", f"{_F}/{name}/aliases/live", b"", {}),
        rb'"Description":"(\d*)"',
    ),
    "version": (
        lambda name, value: _lambda(
            "POST", f"{_F}/{name}/versions", _document(Description=str(value)), 201
        ),
        lambda name: ("GET", f"{_F}/{name}/versions", b"", {}),
        rb'.*"Description":"(\d*)"[^{}]*"Version":"\d',  # of the newest one
    ),
    "tag": (
        lambda name, value: _lambda(
            "POST",
            f"/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:{name}",
            _document(Tags={"value": str(value)}),
            204,
        ),
        lambda name: (
            "GET",
            f"/2017-03-31/tags/arn:aws:lambda:us-east-1:000000000000:function:{name}",
            b"",
            {},
        ),
        rb'"value":"(\d*)"',
    ),
    "event age": (
        lambda name, value: _lambda(
            "PUT",
            f"/2019-09-25/functions/{name}/event-invoke-config",
            _document(MaximumEventAgeInSeconds=60 + value),
        ),
        lambda name: ("GET", f"/2019-09-25/functions/{name}/event-invoke-config", b"", {}),
        rb'"MaximumEventAgeInSeconds":(\d+)',
    ),
    "role": (
        _update_role,
        lambda name: ("POST", "/", *_role("GetRole", RoleName=name)),
        rb"<Description>(\d*)<",
    ),
    "object": (_put, lambda name: ("GET", f"/control/{name}", b"", {"service": "s3"}), rb"^(\d+)$"),
    "log group": (
        _tag_group,
        lambda name: ("POST", "/", *_logs("ListTagsLogGroup", logGroupName=name)),
        rb'"value":"(\d*)"',
    ),
}


class Control:
    """All settings, and what is known of them."""

    def __init__(self, dice):
        self.dice = dice
        self.model = ControlModel()
        self.clock = iter(range(1, 20_000))
        self.is_there = False

    def workers(self, port):
        return [
            Setter(port, self.model, self.dice, number, self.clock) for number in range(WORKERS)
        ]

    def summary(self):
        return f"settings {self.model.answers} changed"

    async def census(self, connection, is_last):
        """Read every setting."""
        rest = RestConnection(connection.port)
        try:
            if not self.is_there:
                await self.make(rest)
                self.is_there = True
            for number in range(WORKERS):
                for setting, (_, reading, pattern) in SETTINGS.items():
                    method, path, body, more = reading(f"c{number}")
                    status, answer = await rest.rest(method, path, body, **more)
                    found = re.search(pattern, answer)
                    if status == 200 and found:
                        value = int(found[1] or 0) - 60 * (setting == "event age")
                        self.model.saw((number, setting), value)
                    else:
                        self.model.saw((number, setting), None)
        finally:
            rest.close()

    async def make(self, rest):
        """Make what is changed afterwards."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("app.py", "")
        code = {"ZipFile": base64.b64encode(archive.getvalue()).decode()}
        asked = [("PUT", "/control", b"", {"service": "s3"})]
        for number in range(WORKERS):
            name = f"c{number}"
            function = {"FunctionName": name, "Runtime": "python3.11", "Role": ROLE}
            body = _document(**function, Handler="app.f", Code=code, Description="0")
            alias = _document(Name="live", FunctionVersion="$LATEST", Description="0")
            asked += [
                ("POST", _F, body, {"headers": _JSON}),
                ("POST", f"{_F}/{name}/aliases", alias, {"headers": _JSON}),
                ("POST", "/", *_role("CreateRole", RoleName=name, Description=0,
                                     AssumeRolePolicyDocument=_TRUST)),
                ("POST", "/", *_logs("CreateLogGroup", logGroupName=name)),
            ]  # fmt: skip
            for setting in ("description", "alias", "role"):
                self.model.known[number, setting] = 0
        for method, path, body, more in asked:
            status, answer = await rest.rest(method, path, body, **more)
            if status not in {200, 201}:
                raise broken(f"{method} {path}: {status} {answer}", self.model.server)
