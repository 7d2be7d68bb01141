"""What the sandbox is told about an environment, from what the functions have decided."""

import asyncio
from collections.abc import Callable, Sequence

from headrace.core.functions.effects import PrepareTemplate, StartEnvironment
from headrace.core.functions.runtimes import IMAGE
from headrace.core.functions.settings import NETWORK_VARIABLE, Deployment, ImageConfig
from headrace.ports.blobs import Blobs
from headrace.ports.sandbox import EnvironmentSpec, ImageSpec, Layer
from headrace.sandbox.hotfolders import fingerprint


class Specs:
    """Makes specs."""

    def __init__(self, blobs: Blobs, endpoint_url: Callable[[], str], network: str) -> None:
        """Begin.

        Args:
            endpoint_url: Returns where functions reach this server, "http://127.0.0.1:4566"; it is
                asked when an environment starts, because the port may not be known before.
            network: That of functions which do not say, "host" or "none".
        """
        self._blobs = blobs
        self._endpoint_url = endpoint_url
        self._network = network

    async def make(self, effect: StartEnvironment | PrepareTemplate) -> EnvironmentSpec:
        """Return what the sandbox needs to know, with the archives as files.

        Raises:
            CodeUnusable: The folder of the code cannot be read.
            JournalError: An archive cannot be read.
        """
        deployment = effect.deployment
        archive, state = "", ""
        if deployment.code.folder:
            state = await asyncio.to_thread(fingerprint, deployment.code.folder)
        elif deployment.code.image is None:
            archive = str(await self._blobs.path(deployment.code.digest))
        layers = [
            Layer(str(await self._blobs.path(one.digest)), one.digest)
            for one in deployment.settings.layers
        ]
        return environment_spec(
            effect, archive, layers, self._endpoint_url(), state, network=self._network
        )


def environment_spec(
    effect: StartEnvironment | PrepareTemplate,
    code_archive: str,
    layers: Sequence[Layer],
    endpoint_url: str,
    folder_state: str = "",
    *,
    network: str = "host",
) -> EnvironmentSpec:
    """Return what the sandbox needs to know to start an environment or to make a template.

    Args:
        network: That of functions which do not say.
    """
    deployment = effect.deployment
    is_template = effect.initialization_type == "snap-start"
    settings = deployment.settings
    return EnvironmentSpec(
        environment_id=effect.environment,
        function_name=deployment.name,
        function_version=deployment.version,
        runtime=settings.runtime if deployment.code.image is None else IMAGE,
        handler=settings.handler,
        code_archive=code_archive,
        code_digest=folder_state or deployment.code.digest,
        code_folder=deployment.code.folder,
        memory_mb=settings.memory_mb,
        ephemeral_storage_mb=settings.ephemeral_storage_mb,
        variables=function_variables(deployment, effect.environment, endpoint_url),
        log_group=settings.logging.group,
        log_stream=effect.log_stream,
        init_limit_ms=effect.init_limit_ms,
        layers=tuple(layers),
        image=image_spec(deployment),
        initialization_type=effect.initialization_type,
        template=deployment.template if is_template else "",
        network=(settings.variables or {}).get(NETWORK_VARIABLE, network),
    )


def image_spec(deployment: Deployment) -> ImageSpec | None:
    """Return the image of a function and what is executed there; None: it has an archive.

    Each part that the function does not name is the image's.
    """
    image = deployment.code.image
    if image is None:
        return None
    config = deployment.settings.image_config or ImageConfig()
    return ImageSpec(
        uri=image.uri,
        digest=deployment.code.digest,
        architecture=deployment.settings.architecture,
        command=(*(config.entry_point or image.entry_point), *(config.command or image.command)),
        working_directory=config.working_directory or image.working_directory or "/",
        variables=image.variables,
    )


def function_variables(
    deployment: Deployment, environment: str, endpoint_url: str
) -> dict[str, str]:
    """Return a function's variables: its own, and those by which its SDK finds this server.

    The access key is the account's id, by which the server knows whose resources are meant. A
    function may name another endpoint itself; region and credentials are not its to set. Format and
    level of its log are there in JSON only, for its runtime to follow (spec/lambda.md 5.2).
    """
    logging = deployment.settings.logging
    log = {}
    if logging.format == "JSON":
        log["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        log["AWS_LAMBDA_LOG_LEVEL"] = logging.application_level
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        **(deployment.settings.variables or {}),
        "AWS_REGION": deployment.region,
        "AWS_DEFAULT_REGION": deployment.region,
        "AWS_ACCESS_KEY_ID": deployment.account,
        "AWS_SECRET_ACCESS_KEY": environment,
        "AWS_SESSION_TOKEN": environment,
        **log,
    }
