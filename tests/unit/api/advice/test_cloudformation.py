"""Setups from SAM and CloudFormation templates."""

import pytest

from headrace.api.advice.cloudformation import is_template, setup_of
from headrace.core.advice.advise import advise
from headrace.faces.cli.yamls import load
from tests.unit.api.advice.mutations import mutated

SAM = """
AWSTemplateFormatVersion: 2010-09-09
Transform: AWS::Serverless-2016-10-31
Parameters:
  Timeout: {Type: Number, Default: 20}
Globals:
  Function:
    Timeout: !Ref Timeout
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 10
      KmsMasterKeyId: alias/aws/sqs
      RedrivePolicy:
        deadLetterTargetArn: !GetAtt Dead.Arn
        maxReceiveCount: 3
  Dead:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600}
  Ship:
    Type: AWS::Serverless::Function
    Properties:
      ReservedConcurrentExecutions: 5
      DeadLetterQueue: {Type: SQS, TargetArn: !GetAtt Dead.Arn}
      EventInvokeConfig:
        DestinationConfig: {OnFailure: {Type: SQS}}
      Environment:
        Variables: {QUEUE: !Ref Orders}
      Events:
        FromQueue:
          Type: SQS
          Properties:
            Queue: !GetAtt Orders.Arn
            BatchSize: 100
            MaximumBatchingWindowInSeconds: 5
            FunctionResponseTypes: [ReportBatchItemFailures]
            ScalingConfig: {MaximumConcurrency: 3}
            FilterCriteria:
              Filters: [{Pattern: '{"body":{"a":[1]}}'}]
            MetricsConfig: {Metrics: [EventCount]}
        Api: {Type: Api}
  Topic: {Type: AWS::SNS::Topic}
  Subscription:
    Type: AWS::SNS::Subscription
    Properties: {Protocol: sqs, Endpoint: !GetAtt Orders.Arn, TopicArn: !Ref Topic}
"""


def test_a_sam_template_is_read_with_its_globals_and_events():
    template = load(SAM)
    assert is_template(template)
    setup = setup_of(template)
    orders = setup.queues["Orders"]
    assert (orders.visibility_s, orders.max_receive_count, orders.dead_letter_queue) == (
        10,
        3,
        "Dead",
    )
    assert (orders.has_key, orders.is_sns_wrapped) == (True, True)
    assert setup.queues["Dead"].retention_s == 1_209_600
    ship = setup.functions["Ship"]
    assert (ship.timeout_s, ship.reserved) == (20, 5)
    assert (ship.has_dead_letters, ship.has_destinations) == (True, True)
    assert (ship.variables, ship.actions) == (("${Orders}",), None)
    (mapping,) = setup.mappings
    assert (mapping.name, mapping.queue, mapping.function) == ("Ship.FromQueue", "Orders", "Ship")
    assert (mapping.batch_size, mapping.window_s, mapping.maximum_concurrency) == (100, 5, 3)
    assert (mapping.reports_failures, mapping.has_event_count) == (True, True)
    assert mapping.filters == ('{"body":{"a":[1]}}',)


def plain(**others):
    """Return a CloudFormation template with a queue, a function with a role, and a mapping."""
    return {
        "Resources": {
            "Q": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": "q.fifo", "FifoQueue": "true"},
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "ManagedPolicyArns": ["arn:aws:iam::aws:policy/x"],
                    "Policies": [
                        {
                            "PolicyDocument": {
                                "Statement": {"Effect": "Allow", "Action": "sqs:ReceiveMessage"}
                            }
                        }
                    ],
                },
            },
            "F": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "FunctionName": "f",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "DeadLetterConfig": {"TargetArn": "arn"},
                },
            },
            "Live": {
                "Type": "AWS::Lambda::Alias",
                "Properties": {
                    "FunctionName": {"Ref": "F"},
                    "RoutingConfig": {"AdditionalVersionWeights": [{"FunctionWeight": 0.1}]},
                },
            },
            "M": {
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "EventSourceArn": {"Fn::GetAtt": ["Q", "Arn"]},
                    "FunctionName": {"Ref": "Live"},
                    "ProvisionedPollerConfig": {"MinimumPollers": 3},
                },
            },
            **others,
        }
    }


def test_a_plain_template_is_read_through_aliases_and_roles():
    setup = setup_of(plain())
    assert setup.queues["Q"].is_fifo
    assert setup.functions["F"].actions == ("sqs:receivemessage",)
    assert setup.functions["F"].has_dead_letters
    (mapping,) = setup.mappings
    assert (mapping.function, mapping.is_weighted) == ("F", True)
    assert (mapping.minimum_pollers, mapping.maximum_pollers) == (3, 200)


@pytest.mark.parametrize(
    ("source", "function", "names"),
    [
        ("arn:aws:sqs:r:0:q.fifo", "f", ("Q", "F")),
        ("arn:aws:sqs:r:0:other", "arn:aws:lambda:r:0:function:f:live", ("other", "F")),
        ("arn:aws:sqs:r:0:other", "other", ("other", "other")),
    ],
)
def test_names_and_arns_mean_what_is_here_too(source, function, names):
    other = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"EventSourceArn": source, "FunctionName": function},
    }
    mapping = setup_of(plain(Other=other)).mappings[-1]
    assert (mapping.queue, mapping.function) == names


def test_other_sources_are_passed_over():
    other = {
        "Type": "AWS::Lambda::EventSourceMapping",
        "Properties": {"EventSourceArn": "arn:aws:kinesis:r:0:stream/s", "FunctionName": "f"},
    }
    destinations = {
        "Type": "AWS::Lambda::EventInvokeConfig",
        "Properties": {"FunctionName": {"Ref": "F"}, "DestinationConfig": {"OnFailure": {}}},
    }
    setup = setup_of(plain(Other=other, Invoke=destinations, Odd="no resource"))
    assert len(setup.mappings) == 1
    assert setup.functions["F"].has_destinations


@pytest.mark.parametrize("document", [None, [], {}, {"Resources": []}, "x"])
def test_what_is_no_template(document):
    assert not is_template(document)


ROLES = """
Resources:
  F:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt R.Arn, FunctionName: f}
  R:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [x]
      Policies: [{PolicyDocument: {Statement: [{Effect: Allow, Action: ["sqs:*"]}]}}]
  A:
    Type: AWS::Lambda::Alias
    Properties: {FunctionName: !Ref F, RoutingConfig: {AdditionalVersionWeights: [{}]}}
  M:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: "arn:aws:sqs:r:0:q"
      FunctionName: !Ref A
      ProvisionedPollerConfig: {MinimumPollers: 2}
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [SAM, ROLES])
def test_whatever_stands_where_it_does_not_belong_is_as_if_it_were_not_there(text):
    count = 0
    for template in mutated(load(text)):
        if is_template(template):
            advise(setup_of(template))
            count += 1
    assert count > 400


def test_what_a_role_allows_is_not_known_where_its_policies_are_not():
    template = load(ROLES)
    assert setup_of(template).functions["F"].actions == ("sqs:*",)
    template["Resources"]["R"]["Properties"]["Policies"] = {"Fn::FindInMap": ["a", "b", "c"]}
    assert setup_of(template).functions["F"].actions is None


def test_a_member_without_value_is_not_there():
    template = load(SAM)
    nothing = {"Fn::If": ["IsSmall", {"Ref": "AWS::NoValue"}, 5]}
    template["Resources"]["Ship"]["Properties"]["ReservedConcurrentExecutions"] = nothing
    event = template["Resources"]["Ship"]["Properties"]["Events"]["FromQueue"]
    event["Properties"]["ScalingConfig"] = nothing
    setup = setup_of(template)
    assert setup.functions["Ship"].reserved is None
    assert setup.mappings[0].maximum_concurrency == 0


def test_an_alias_of_itself_is_nobodys():
    template = load(ROLES)
    template["Resources"]["A"]["Properties"]["FunctionName"] = {"Ref": "A"}
    assert setup_of(template).mappings[0].function == "${A}"


OPEN = """
Parameters: {Seconds: {Type: Number}, Count: {Type: Number}, Pattern: {Type: String}}
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: !Ref Seconds
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: !Ref Count}
  Dead:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: !Ref Seconds}
  Ship:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: !Ref Seconds
      ReservedConcurrentExecutions: !Ref Count
      Events:
        A:
          Type: SQS
          Properties:
            Queue: !GetAtt Orders.Arn
            BatchSize: !Ref Count
            ScalingConfig: {MaximumConcurrency: !Ref Count}
            MetricsConfig: {Metrics: [EventCount]}
  Mail:
    Type: AWS::Serverless::Function
    Properties:
      Timeout: 30
      ReservedConcurrentExecutions: 10
      Events:
        B:
          Type: SQS
          Properties:
            Queue: !ImportValue first
            BatchSize: 1
            FilterCriteria: {Filters: [{Pattern: !Ref Pattern}]}
            ScalingConfig: {MaximumConcurrency: !Ref Count}
            MetricsConfig: {Metrics: [EventCount]}
        C:
          Type: SQS
          Properties:
            Queue: !ImportValue second
            BatchSize: 1
            ScalingConfig: {MaximumConcurrency: 2}
            MetricsConfig: {Metrics: [EventCount]}
"""


def test_nothing_is_found_in_what_a_template_leaves_open():
    advice = advise(setup_of(load(OPEN)))
    assert advice.findings == []
    assert advice.mappings == 3
    unjudged = {one.rule: one.needs for one in advice.unjudged}
    assert unjudged["E-01"].startswith("to know visibility_s and timeout_s")
    assert "E-24" not in unjudged  # of Mail it is known
