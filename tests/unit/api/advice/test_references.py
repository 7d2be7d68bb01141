"""Where references lead: through variables, outputs and what a resource is repeated for."""

from headrace.api.advice.references import Configuration, references


def refer(*to):
    return {"references": [*to]}


ROOT = {
    "resources": [{"address": "x.a", "expressions": {"m": refer("x.b.arn", "x.b", "local.c")}}],
    "module_calls": {
        "outer": {
            "expressions": {"map": refer("each.value")},
            "for_each_expression": refer('x.b["k.l"].arn'),
            "module": {
                "module_calls": {
                    "inner": {
                        "expressions": {"one": refer("var.map"), "two": refer("module.inner.out")},
                        "module": {
                            "outputs": {"out": {"expression": refer("var.two", "x.c.arn")}},
                            "resources": [
                                {
                                    "address": "x.d",
                                    "expressions": {"m": refer("var.one"), "n": refer("var.two")},
                                }
                            ],
                        },
                    }
                }
            },
        }
    },
}
INNER = "module.outer.module.inner."


def found(address, path, member):
    return list(Configuration(ROOT).targets(address, path, member))


def test_what_an_expression_says_itself_is_direct():
    assert found("x.a", "", "m") == [("x.b", True), ("x.b", True), ("local.c", True)]
    assert found("x.a", "", "other") == found("x.z", "", "m") == []


def test_variables_lead_to_callers_and_each_to_what_a_module_is_repeated_for():
    assert found(f"{INNER}x.d", INNER, "m") == [('x.b["k.l"]', False)]


def test_outputs_lead_into_modules_and_a_circle_ends():
    assert found(f"{INNER}x.d", INNER, "n") == [(f"{INNER}x.c", False)]


def test_references_stand_at_any_depth():
    assert references([{"a": [refer("x")], "references": ["y"]}, 5]) == ["y", "x"]
