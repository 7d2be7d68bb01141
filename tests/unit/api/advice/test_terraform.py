"""Setups from Terraform plans."""

import pytest

from headrace.api.advice.terraform import is_plan, setup_of
from headrace.core.advice.advise import advise
from tests.unit.api.advice.mutations import mutated


def resource(kind, label, module="", index="", /, **values):
    address = f"{module}{kind}.{label}{index}"
    return {"address": address, "type": kind, "name": label, "values": values}


def expression(kind, label, /, **references):
    found = {member: {"references": [*to]} for member, to in references.items()}
    return {"address": f"{kind}.{label}", "expressions": found}


MAPPING = "aws_lambda_event_source_mapping"
PLANNED = [
    resource("aws_sqs_queue", "orders", visibility_timeout_seconds=10, fifo_queue=False),
    resource("aws_sqs_queue", "dead", message_retention_seconds=1_209_600, name="dead"),
    resource(
        "aws_lambda_function",
        "ship",
        timeout=20,
        reserved_concurrent_executions=-1,
        dead_letter_config=[{"target_arn": "x"}],
        environment=[{"variables": {"A": "b"}}],
    ),
    resource("aws_lambda_alias", "live", routing_config=[{"additional_version_weights": {"2": 1}}]),
    resource(
        MAPPING,
        "m",
        batch_size=100,
        maximum_batching_window_in_seconds=5,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=[{"maximum_concurrency": 3}],
        filter_criteria=[{"filter": [{"pattern": "{}"}]}],
        metrics_config=[{"metrics": ["EventCount"]}],
    ),
    resource(MAPPING, "stream", event_source_arn="arn:aws:kinesis:r:0:stream/s"),
    resource("aws_sns_topic_subscription", "s", protocol="sqs"),
]
CONFIGURED = [
    expression("aws_sqs_queue", "orders", redrive_policy=["aws_sqs_queue.dead.arn"]),
    expression(
        "aws_lambda_alias", "live", function_name=["aws_lambda_function.ship.function_name"]
    ),
    expression(
        MAPPING,
        "m",
        event_source_arn=["aws_sqs_queue.orders.arn", "aws_sqs_queue.orders"],
        function_name=["aws_lambda_alias.live.arn"],
    ),
    expression("aws_sns_topic_subscription", "s", endpoint=["aws_sqs_queue.orders.arn"]),
]


def plan(planned=PLANNED, configured=CONFIGURED, **others):
    return {
        "planned_values": {"root_module": {"resources": planned, **others.pop("children", {})}},
        "configuration": {"root_module": {"resources": configured, **others}},
    }


def test_a_plan_is_read_by_values_and_references():
    assert is_plan(plan())
    setup = setup_of(plan())
    orders = setup.queues["aws_sqs_queue.orders"]
    assert (orders.visibility_s, orders.dead_letter_queue) == (10, "aws_sqs_queue.dead")
    assert (orders.max_receive_count, orders.has_redrive) == (0, True)
    assert orders.is_sns_wrapped
    ship = setup.functions["aws_lambda_function.ship"]
    assert (ship.timeout_s, ship.reserved, ship.has_dead_letters) == (20, None, True)
    assert ship.variables == ("b",)
    (mapping,) = setup.mappings
    assert mapping.name == f"{MAPPING}.m"
    assert (mapping.queue, mapping.function) == ("aws_sqs_queue.orders", "aws_lambda_function.ship")
    assert (mapping.batch_size, mapping.window_s, mapping.maximum_concurrency) == (100, 5, 3)
    assert (mapping.is_weighted, mapping.has_event_count, mapping.filters) == (True, True, ("{}",))


def test_what_exists_already_is_known_by_its_values():
    policy = '{"deadLetterTargetArn":"arn:aws:sqs:r:0:dead","maxReceiveCount":3}'
    planned = [
        resource("aws_sqs_queue", "orders", name="orders", redrive_policy=policy),
        resource("aws_sqs_queue", "dead", name="dead"),
        resource(
            "aws_lambda_function", "ship", function_name="ship", reserved_concurrent_executions=0
        ),
        resource(
            MAPPING,
            "m",
            event_source_arn="arn:aws:sqs:r:0:orders",
            function_name="arn:aws:lambda:r:0:function:ship:live",
        ),
        resource(MAPPING, "n", event_source_arn="arn:aws:sqs:r:0:else", function_name="else"),
    ]
    setup = setup_of(plan(planned, []))
    orders = setup.queues["aws_sqs_queue.orders"]
    assert (orders.max_receive_count, orders.dead_letter_queue) == (3, "aws_sqs_queue.dead")
    assert setup.functions["aws_lambda_function.ship"].reserved == 0
    first, second = setup.mappings
    assert (first.queue, first.function) == ("aws_sqs_queue.orders", "aws_lambda_function.ship")
    assert (second.queue, second.function) == ("arn:aws:sqs:r:0:else", "else")


def test_a_redrive_policy_and_destinations_may_be_resources_of_their_own():
    planned = [
        resource("aws_sqs_queue", "orders"),
        resource("aws_sqs_queue_redrive_policy", "p", redrive_policy='{"maxReceiveCount":9}'),
        resource("aws_lambda_function", "ship"),
        resource("aws_lambda_function_event_invoke_config", "c", destination_config=[{}]),
    ]
    configured = [
        expression("aws_sqs_queue_redrive_policy", "p", queue_url=["aws_sqs_queue.orders.id"]),
        expression(
            "aws_lambda_function_event_invoke_config",
            "c",
            function_name=["aws_lambda_function.ship.function_name"],
        ),
    ]
    setup = setup_of(plan(planned, configured))
    assert setup.queues["aws_sqs_queue.orders"].max_receive_count == 9
    assert setup.functions["aws_lambda_function.ship"].has_destinations


def test_modules_and_counted_resources_are_read():
    module = "module.work[0]."
    inner = [
        resource("aws_sqs_queue", "q", module, '["a"]'),
        resource("aws_lambda_function", "f", module),
        resource(MAPPING, "m", module, "[0]"),
    ]
    inside = {
        "resources": [
            expression(
                MAPPING,
                "m",
                event_source_arn=["aws_sqs_queue.q", "each.key"],
                function_name=["aws_lambda_function.f.arn"],
            )
        ]
    }
    children = {"child_modules": [{"address": "module.work[0]", "resources": inner}]}
    found = plan([], [], children=children, module_calls={"work": {"module": inside}})
    (mapping,) = setup_of(found).mappings
    assert mapping.queue == f'{module}aws_sqs_queue.q["a"]'
    assert mapping.function == f"{module}aws_lambda_function.f"


def test_an_instance_belongs_to_those_with_its_key():
    planned = [
        one
        for key in ("a", "b.c")
        for one in (
            resource("aws_sqs_queue", "q", "", f'["{key}"]'),
            resource("aws_lambda_function", "f", "", f'["{key}"]'),
            resource(MAPPING, "m", "", f'["{key}"]'),
        )
    ]
    planned.append(resource(MAPPING, "n"))
    configured = [
        expression(
            MAPPING,
            "m",
            event_source_arn=["aws_sqs_queue.q", "each.key"],
            function_name=["aws_lambda_function.f", "each.key"],
        ),
        expression(
            MAPPING,
            "n",
            event_source_arn=['aws_sqs_queue.q["b.c"].arn', "aws_sqs_queue.q"],
            function_name=["aws_lambda_function.f"],
        ),
    ]
    setup = setup_of(plan(planned, configured))
    assert [(one.queue, one.function) for one in setup.mappings] == [
        ('aws_sqs_queue.q["a"]', 'aws_lambda_function.f["a"]'),
        ('aws_sqs_queue.q["b.c"]', 'aws_lambda_function.f["b.c"]'),
        ('aws_sqs_queue.q["b.c"]', 'aws_lambda_function.f["a"]'),
    ]


def modular(*outputs):
    """Return a plan of a module with two queues and one with a mapping that is given outputs."""
    inner = [resource("aws_sqs_queue", name, "module.queues.") for name in ("one", "two")]
    there = [
        resource("aws_lambda_function", "f", "module.work."),
        resource(MAPPING, "m", "module.work."),
    ]
    queues = {
        "outputs": {
            name: {"expression": {"references": [f"aws_sqs_queue.{name}.arn"]}}
            for name in ("one", "two")
        }
    }
    work = {
        "resources": [
            expression(
                MAPPING,
                "m",
                event_source_arn=["each.value.arn", "each.value"],
                function_name=["aws_lambda_function.f.arn"],
            )
            | {"for_each_expression": {"references": ["local.on", "var.sources"]}}
        ]
    }
    given = {"references": [f"module.queues.{output}" for output in outputs]}
    return plan(
        [],
        [],
        children={
            "child_modules": [
                {"address": "module.queues", "resources": inner},
                {"address": "module.work", "resources": there},
            ]
        },
        module_calls={
            "queues": {"module": queues},
            "work": {"module": work, "expressions": {"sources": given}},
        },
    )


@pytest.mark.parametrize(
    ("outputs", "queue"),
    [
        (["one"], "module.queues.aws_sqs_queue.one"),
        (["one", "two"], "the queue of module.work.aws_lambda_event_source_mapping.m"),
    ],
)
def test_a_queue_of_another_module_is_found_where_it_is_the_only_one(outputs, queue):
    (mapping,) = setup_of(modular(*outputs)).mappings
    assert (mapping.queue, mapping.function) == (queue, "module.work.aws_lambda_function.f")


def test_what_will_be_known_only_when_it_is_applied_is_not_judged():
    open_ = {"timeout": True, "event_source_arn": True, "function_name": True, "tags": {}}
    planned = [
        resource("aws_lambda_function", "f"),
        resource(MAPPING, "m", batch_size=1, metrics_config=[{"metrics": ["EventCount"]}]),
        resource(MAPPING, "stream", starting_position="LATEST"),
    ]
    configured = [expression(MAPPING, "m", function_name=["aws_lambda_function.f.arn"])]
    document = plan(planned, configured) | {
        "resource_changes": [
            {"address": one["address"], "change": {"after_unknown": open_}} for one in planned
        ]
    }
    setup = setup_of(document)
    (mapping,) = setup.mappings
    assert (mapping.queue, mapping.function) == (
        f"the queue of {MAPPING}.m",
        "aws_lambda_function.f",
    )
    assert advise(setup).findings == []


def test_an_empty_plan_and_what_is_none():
    assert setup_of({"planned_values": {}}).mappings == []
    assert not is_plan({"Resources": {}})
    assert not is_plan([])


def test_a_plan_of_many_instances_and_names_is_no_square_of_work(monkeypatch):
    """An instance is looked for among all others only if none has its very keys."""
    kinds = ("aws_sqs_queue", "aws_lambda_function", MAPPING)
    planned = [
        resource(kind, "x", "", f"[{at}]", name=f"n{at}") for at in range(300) for kind in kinds
    ]
    configured = [
        expression(
            MAPPING,
            "x",
            event_source_arn=["aws_sqs_queue.x"],
            function_name=["aws_lambda_function.x"],
        )
    ]
    monkeypatch.setattr("headrace.api.advice.terraform.max", None, raising=False)
    setup = setup_of(plan(planned, configured))
    assert [one.queue for one in setup.mappings] == list(setup.queues)


@pytest.mark.slow
def test_whatever_stands_where_it_does_not_belong_is_as_if_it_were_not_there():
    count = 0
    for document in mutated(plan()):
        if is_plan(document):
            advise(setup_of(document))
            count += 1
    assert count > 1_000
