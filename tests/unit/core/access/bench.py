"""A room of roles and policies on the bench."""

import json

from headrace.core.access.access import Access
from headrace.core.access.commands import CreatePolicy, CreateRole, FindPolicy, FindRole
from headrace.core.machine import Remember, Reply

ACCOUNT, OTHER = "111122223333", "444455556666"
NOW = 1_700_000_000_000
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def policy_of(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


TRUST = policy_of(Principal={"Service": "lambda.amazonaws.com"}, Action="sts:AssumeRole")
ALLOW = policy_of(Action="sqs:*", Resource="*")


class Bench:
    def __init__(self):
        self.room = Access()
        self.now = NOW
        self.ticket = 0
        self.records = []

    def ask(self, command):
        self.ticket += 1
        *facts, reply = self.room.apply(command, self.now, self.ticket)
        assert isinstance(reply, Reply)
        assert reply.ticket == self.ticket
        assert all(isinstance(fact, Remember) for fact in facts)
        self.records = [fact.record for fact in facts]
        return reply.value

    def create_role(self, name="r", trust=TRUST, **more):
        seed = name.encode()
        return self.ask(CreateRole(ACCOUNT, name, more.pop("path", "/"), trust, seed, **more)).role

    def role(self, name="r"):
        return self.ask(FindRole(ACCOUNT, name)).role

    def create_policy(self, name="p", document=ALLOW, **more):
        path = more.pop("path", "/")
        return self.ask(CreatePolicy(ACCOUNT, name, path, document, b"s", **more)).policy

    def policy(self, arn):
        return self.ask(FindPolicy(ACCOUNT, arn))
