"""Commands about layers, as tests need them."""

from headrace.core.functions.commands import (
    AddLayerPermission,
    DeleteLayerVersion,
    GetLayerVersion,
    ListLayers,
    ListLayerVersions,
    PublishLayerVersion,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.settings import Code
from tests.unit.core.functions.bench import ACCOUNT, REGION, SEED, reference, settings_with

CONTENT = Code("1a" * 32, 100, 1_000)
OTHER = "999999999999"


def layer(name="shared", version=0, account=ACCOUNT, region=REGION):
    """Return a reference to a layer or one of its versions."""
    return LayerReference(account, region, name, version)


def arn(version=1, name="shared", **place):
    """Return the ARN of a layer version."""
    return layer(name, version, **place).version_arn


def publish(bench, name="shared", caller=ACCOUNT, content=CONTENT, **changes):
    """Publish a version."""
    target = layer(name, account=caller)
    return bench.ask(PublishLayerVersion(caller, target, content, SEED, **changes))


def get(bench, version=1, name="shared", caller=ACCOUNT, account=ACCOUNT, region=REGION):
    """Ask for a version."""
    target = layer(name, version, account, region)
    return bench.ask(GetLayerVersion(caller, REGION, target))


def delete(bench, version=1, caller=ACCOUNT):
    """Delete a version."""
    return bench.ask(DeleteLayerVersion(caller, layer(version=version)))


def listed(bench, **changes):
    """Return the layers that are listed, and whether there are more."""
    reply = bench.ask(ListLayers(ACCOUNT, REGION, **changes))
    return [(one.name, one.version.number) for one in reply.entries], reply.more


def versions(bench, **changes):
    """Return the numbers that are listed, and whether there are more."""
    reply = bench.ask(ListLayerVersions(ACCOUNT, layer(), **changes))
    return [one.version.number for one in reply.entries], reply.more


def allow(bench, principal="*", statement_id="s", version=1, caller=ACCOUNT, **changes):
    """Let others use a version."""
    values = {"seed": SEED} | changes
    return bench.ask(
        AddLayerPermission(
            caller,
            layer(version=version),
            statement_id,
            "lambda:GetLayerVersion",
            principal,
            **values,
        )
    )


def use(bench, *arns, seed=SEED):
    """Give the function these layers."""
    shown = bench.show().view.settings
    return bench.ask(
        UpdateFunctionConfiguration(
            reference(), settings_with(layers=shown.layers), seed, layers=arns
        )
    )
