"""Setups from living rooms: through a whole server, see test_advising; names here."""

import pytest

from headrace.api.advice.living import unqualified

ARN = "arn:aws:lambda:us-east-1:000000000000:function:ship"


@pytest.mark.parametrize("qualifier", ["", ":1", ":live", ":$LATEST"])
def test_a_function_goes_by_its_arn_without_qualifier(qualifier):
    assert unqualified(ARN + qualifier) == ARN
