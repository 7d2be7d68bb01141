"""EventBridge operations and shapes (generated; do not edit).

Printed by tools/generate_tables.py from botocore 1.44.8, eventbridge-2015-10-07.
"""

from headrace.wire.model import ErrorShape, Member, Operation, Shape

OPERATIONS = (
    Operation(
        "ListRuleNamesByTarget",
        "POST",
        "/",
        200,
        "ListRuleNamesByTargetRequest",
        "ListRuleNamesByTargetResponse",
    ),
)

SHAPES = (
    Shape(
        "EventBusNameOrArn",
        "string",
        minimum=1,
        maximum=1600,
        pattern="(arn:aws[\\w-]*:events:[a-z]+-[a-z]+-[\\w-]+:[0-9]{12}:event-bus\\/)?[/\\.\\-_A-Za-z0-9]+",
    ),
    Shape("LimitMax100", "integer", minimum=1, maximum=100),
    Shape(
        "ListRuleNamesByTargetRequest",
        "structure",
        members=(
            Member("TargetArn", "TargetArn", required=True),
            Member("EventBusName", "EventBusNameOrArn"),
            Member("NextToken", "NextToken"),
            Member("Limit", "LimitMax100"),
        ),
    ),
    Shape(
        "ListRuleNamesByTargetResponse",
        "structure",
        members=(
            Member("RuleNames", "RuleNameList"),
            Member("NextToken", "NextToken"),
        ),
    ),
    Shape("NextToken", "string", minimum=1, maximum=2048),
    Shape("RuleName", "string", minimum=1, maximum=64, pattern="[\\.\\-_A-Za-z0-9]+"),
    Shape("RuleNameList", "list", item="RuleName"),
    Shape("TargetArn", "string", minimum=1, maximum=1600),
)

ERRORS = (
    ErrorShape("InternalException", 0, ""),
    ErrorShape("ResourceNotFoundException", 0, ""),
)
