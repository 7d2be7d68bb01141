"""Build a server from a Config and its parts: the only place where concrete parts meet."""

import asyncio
import contextlib
import logging
import os
import platform
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from headrace import __version__
from headrace.api.services import TABLES
from headrace.base.instant import Instant
from headrace.core.access.access import Access
from headrace.core.functions.functions import Functions
from headrace.core.functions.runtimes import Interpreter
from headrace.core.logs.groups import LogGroups
from headrace.core.machine import Numbers, Room
from headrace.core.mapping.decisions import ServerStarted
from headrace.core.mapping.mappings import Mappings
from headrace.core.objects.buckets import Buckets
from headrace.core.shard import SHARD, Shard, ShardOpened
from headrace.core.sqs.queues import Queues
from headrace.ports.blobs import Blobs
from headrace.ports.clock import Clock
from headrace.ports.entropy import Entropy
from headrace.ports.history import History
from headrace.ports.journal import Journal, JournalError
from headrace.ports.logs import LogStore
from headrace.ports.sandbox import (
    RuntimeFound,
    Sandbox,
    SandboxUnavailable,
)
from headrace.sandbox.libraries import collect_libraries
from headrace.sandbox.linux import LinuxSandbox
from headrace.shell.admission import Admission, is_loopback
from headrace.shell.advising import Advising
from headrace.shell.archives import Archives
from headrace.shell.bodies import Bodies
from headrace.shell.clock import Stopwatch, SystemClock
from headrace.shell.codesources import CodeSource, OutsideBuckets, OwnBuckets
from headrace.shell.config import Config, names_of, variables
from headrace.shell.connection import Times
from headrace.shell.contents import Contents
from headrace.shell.driver import Driver
from headrace.shell.entropy import SystemEntropy
from headrace.shell.eventrunner import EventRunner
from headrace.shell.hand import Hand
from headrace.shell.history import FileHistory, NoHistory
from headrace.shell.http import HttpServer
from headrace.shell.identity import Identities
from headrace.shell.invoker import Invoker, interpreters_of
from headrace.shell.keeper import Keeper
from headrace.shell.logevents import LogEvents
from headrace.shell.logkeeper import LogKeeper
from headrace.shell.looking import Looking
from headrace.shell.meter import Meter
from headrace.shell.metrics import Metrics
from headrace.shell.pollers import Pollers
from headrace.shell.recovery import Progress, recover
from headrace.shell.rooms import Rooms
from headrace.shell.service import Service
from headrace.shell.specs import Specs
from headrace.shell.standby import open_when_free
from headrace.shell.stories import Stories
from headrace.shell.tidying import Tidying
from headrace.shell.why import Why
from headrace.shell.whyinvokes import WhyInvokes
from headrace.store.blobs import BLOBS_FOLDER, FileBlobs
from headrace.store.folder import FolderLock
from headrace.store.logs.files import FileLogStore
from headrace.store.memory import MemoryJournal
from headrace.store.sqlite.journal import SqliteJournal

log = logging.getLogger(__name__)

#: Random bytes of a new shard's secret.
SECRET_BYTES = 32

MIB = 1024 * 1024
MS_PER_DAY = 86_400_000

#: Seconds in which connections may end after their last answer.
CLOSE_CONNECTIONS_S = 2.0

#: Kinds of rooms, as snapshots and the recovery name them.
(
    SHARD_ROOM,
    QUEUE_ROOM,
    FUNCTION_ROOM,
    MAPPING_ROOM,
    LOG_ROOM,
    ACCESS_ROOM,
    BUCKET_ROOM,
) = range(7)


#: What machines call their processors, to AWS's word.
ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


class StartRefused(Exception):
    """The server cannot start; the text says why in one sentence."""


class Parts(msgspec.Struct, kw_only=True):
    """What a server is made of; tests put their own in."""

    clock: Clock
    entropy: Entropy
    journal: Journal
    blobs: Blobs
    sandbox: Sandbox
    logs: LogStore
    history: History = msgspec.field(default_factory=NoHistory)
    clean_up: Callable[[], None] = lambda: None  #: Removes what is for this run only.


async def real_parts(config: Config, say: Callable[[str], None] = lambda line: None) -> Parts:
    """Return the parts that a configuration asks for, with the data taken into possession.

    Nothing in the folder is touched before it is: another server may work there. A database that
    another server owns is waited for, which `say` is told.

    Raises:
        JournalError: The folder is in use, or its journal cannot be opened.
        SandboxUnavailable: The machine gives no sandbox of the level that is asked for.
        StartRefused: The folder cannot be made, or a package is missing.
    """
    if config.journal == "memory":
        return _passing_parts(config)
    folder = _make_folder(config.data)
    if config.store:
        return await _shared_parts(config, folder, say)
    journal = SqliteJournal(folder)
    await journal.open()
    try:
        sandbox = make_sandbox(config, str(folder / "sandbox"))
    except SandboxUnavailable:
        await journal.close()
        raise
    return Parts(
        clock=SystemClock(),
        entropy=SystemEntropy(),
        journal=journal,
        blobs=FileBlobs(folder / BLOBS_FOLDER, lambda: journal.space_is_low),
        sandbox=sandbox,
        logs=FileLogStore(folder / "logs", space_is_low=lambda: journal.space_is_low),
        history=_history(config, folder, journal),
    )


def _history(config: Config, folder: Path, journal: Journal) -> History:
    """Return where the history of messages is kept; nowhere, if it is switched off."""
    if not config.history_mb:
        return NoHistory()
    return FileHistory(
        folder / "history",
        config.history_mb * MIB,
        config.history_days * MS_PER_DAY,
        lambda: journal.space_is_low,
    )


def _make_folder(path: str) -> Path:
    folder = Path(path).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartRefused(f"the folder {folder} cannot be made: {error.strerror}") from None
    return folder


async def _shared_parts(config: Config, folder: Path, say: Callable[[str], None]) -> Parts:
    """Return parts that keep journal and code in a database; waits for its lease as a stand-by.

    Everything else is ready by then, so that a takeover takes little longer than the lease.
    """
    try:
        from headrace.store.postgres.blobs import PostgresBlobs  # noqa: PLC0415 - an extra
        from headrace.store.postgres.journal import PostgresJournal  # noqa: PLC0415
        from headrace.store.postgres.lease import Owner  # noqa: PLC0415
    except ImportError as error:
        raise StartRefused(
            f"a store in PostgreSQL needs the package {error.name}: pip install headrace[postgres]"
        ) from error
    entropy = SystemEntropy()
    lock = FolderLock(folder)
    with contextlib.ExitStack() as undo:
        lock.take()
        undo.callback(lock.release)
        sandbox = make_sandbox(config, str(folder / "sandbox"))
        await asyncio.to_thread(sandbox.runtimes)
        journal = PostgresJournal(
            config.store,
            owner=Owner(f"{platform.node()}, process {os.getpid()}", entropy.uuid()),
            lease_ms=config.lease_s * 1_000,
            read_ns=Stopwatch().read_ns,
        )
        await open_when_free(journal, say)
        undo.pop_all()
    return Parts(
        clock=SystemClock(),
        entropy=entropy,
        journal=journal,
        blobs=PostgresBlobs(journal, folder / "blob-cache"),
        sandbox=sandbox,
        logs=FileLogStore(folder / "logs"),
        history=_history(config, folder, journal),
        clean_up=lock.release,
    )


def _passing_parts(config: Config) -> Parts:
    """Return parts that keep nothing beyond this run."""
    folder = tempfile.TemporaryDirectory(prefix="headrace-")
    journal = MemoryJournal()
    return Parts(
        clock=SystemClock(),
        entropy=SystemEntropy(),
        journal=journal,
        blobs=FileBlobs(Path(folder.name) / BLOBS_FOLDER),
        sandbox=make_sandbox(config, f"{folder.name}/sandbox"),
        logs=FileLogStore(Path(folder.name) / "logs"),
        history=_history(config, Path(folder.name), journal),
        clean_up=folder.cleanup,
    )


async def look_at_machine(config: Config) -> tuple[str, list[RuntimeFound]]:
    """Return the sandbox level of this machine and the runtimes that it has.

    Raises:
        SandboxUnavailable: The level is below the configured minimum.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-") as folder:
        sandbox = make_sandbox(config, folder)
        try:
            return sandbox.level, await asyncio.to_thread(sandbox.runtimes)
        finally:
            await sandbox.close()


def make_sandbox(config: Config, folder: str) -> LinuxSandbox:
    """Return the sandbox that a configuration asks for; probes the machine, 0.1 s.

    Raises:
        SandboxUnavailable: The level is not to be had, or below the minimum.
    """
    # Lambda's Python runtimes carry boto3: functions get the one that stands beside us, if any.
    sdk = collect_libraries(f"{folder}/libraries")
    return LinuxSandbox(
        folder,
        shared_libraries=() if sdk is None else (sdk,),
        level=config.sandbox_level or None,
        minimum=config.sandbox_min,
        exact_runtimes=config.runtime_fallback == "refuse",
        search=search_variables(config),
    )


def search_variables(config: Config) -> dict[str, str]:
    """Return the variables by which interpreters and what was fetched for them are found."""
    found = dict(variables())
    if config.runtimes_folder:
        found["HEADRACE_RUNTIMES_FOLDER"] = config.runtimes_folder
    return found


def architecture() -> str:
    """Return AWS's word for this machine's processor."""
    return ARCHITECTURES.get(platform.machine().lower(), "x86_64")


class App:
    """A whole server: `start`, then `stop`."""

    def __init__(self, config: Config, parts: Parts) -> None:
        """Join the parts; nothing runs yet."""
        self.config = config
        self.parts = parts
        self.port = 0
        self._interpreters: tuple[Interpreter, ...] = ()
        #: Completed with a sentence when the server cannot go on.
        self.failed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.driver = Driver(parts.clock, parts.journal, Hand())
        self.rooms = Rooms()
        self.bodies = Bodies(parts.journal, config.body_cache_mb * 1024 * 1024)
        self.service = Service(
            driver=self.driver,
            rooms=self.rooms,
            bodies=self.bodies,
            entropy=parts.entropy,
            tables=TABLES,
            admission=Admission(names_of(config)),
            identities=Identities(config.account, config.region),
            public_url=config.public_url,
        )
        self._serve_code()
        self.driver.on_block_durable.append(parts.history.take_block)
        LogEvents(self.rooms, parts.logs).join(self.service)
        self.logs = LogKeeper(self.driver, self.rooms, parts.logs, parts.clock.now)
        self.invoker = Invoker(
            self.driver,
            parts.sandbox,
            Specs(parts.blobs, lambda: self.local_url, config.function_network),
            self.logs.write,
            self.service.backstage.streams,
        )
        self.tidying = Tidying(self.driver, self.rooms, parts.sandbox)
        self.pollers = Pollers(self.driver, self.rooms, self.bodies, parts.entropy, parts.history)
        self.events = EventRunner(
            self.driver, self.rooms, self.bodies, parts.entropy, parts.history
        )
        self.meter = Meter(self.driver)
        times = Times(
            head_s=config.head_timeout_s,
            body_s=config.body_timeout_s,
            idle_s=config.idle_timeout_s,
            write_s=config.write_timeout_s,
        )
        self.http = HttpServer(self.service, times, config.connections_max)
        self._add_pages()
        self.keeper = Keeper(parts.journal, parts.clock, self.driver, self.bodies)
        self.driver.rebuild = self._rebuild
        parts.journal.on_lost = self.driver.fail

    def _add_pages(self) -> None:
        """Let the service answer what no protocol of AWS's asks."""
        Looking(self.service)
        Advising(self.service)
        stories = Stories(self.service, self.parts.history)
        Why(stories)
        WhyInvokes(stories)
        if self.config.metrics:
            folder = Path(self.config.data)
            metrics = Metrics(self.service, self.pollers, self.meter, folder)
            metrics.connections = lambda: len(self.http.shared.connections)

    def _serve_code(self) -> None:
        """Join what brings objects and code."""
        config, blobs = self.config, self.parts.blobs
        contents = Contents(self.rooms, blobs)
        contents.join(self.service)
        source: CodeSource = OwnBuckets(self.rooms, contents)
        if config.code_s3_url:
            source = OutsideBuckets(config.code_s3_url, variables())
        Archives(
            self.rooms,
            blobs,
            self.parts.clock,
            source,
            takes_folders=config.hot_reload and is_loopback(config.host),
            takes_images=is_loopback(config.host),
        ).join(self.service)

    @property
    def local_url(self) -> str:
        """Where this server is reached from this machine, once it listens."""
        host = self.config.host
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - no address to bind here
        host = everywhere.get(host, host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    async def start(self, progress: Progress = lambda done, total: None) -> None:
        """Load what the journal holds, then listen.

        Raises:
            JournalError: The journal cannot be opened or read.
            StartRefused: The data lives by another clock, or the address cannot be listened on.
        """
        await self.parts.journal.open()
        self._interpreters = interpreters_of(await asyncio.to_thread(self.parts.sandbox.runtimes))
        rooms = await self._load(progress)
        await self.parts.blobs.keep_only(
            self.rooms.functions.code_digests() | frozenset(self.rooms.buckets.book.digests())
        )
        self.tidying.tidy()
        config = self.config
        try:
            self.port = await self.http.listen(config.host, config.port)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise StartRefused(f"cannot listen on {config.host}:{config.port}: {reason}") from None
        self.driver.start(rooms)
        if not self.parts.journal.is_owned:
            self.driver.fail("the journal was lost while it was read")
        self.meter.start()
        await self.logs.adopt(config.account, config.region)
        self.service.state = "running"

    async def stop(self, within_s: float) -> None:
        """Let what is under way end, at most so long; then write everything down and close."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        self.service.drain()
        self.events.stop()
        await self.pollers.stop(within_s)
        await self.invoker.stop(max(0.0, end - loop.time()))
        await self.http.close(CLOSE_CONNECTIONS_S)
        await self.service.settled()
        await self.driver.stop()
        try:
            await self.keeper.stop()
        except JournalError:
            log.exception("the next start has more to read: no last snapshots could be written")
        await self._close_parts()

    async def abandon(self) -> None:
        """Close at once, whatever is under way; what was acknowledged is on disk."""
        self.driver.running = False
        await self.http.close(0)
        await self.invoker.abandon()
        await self.keeper.halt()
        await self._close_parts()

    async def _close_parts(self) -> None:
        self.tidying.stop()
        self.meter.stop()
        await self.parts.sandbox.close()
        await self.logs.settled()
        await self.parts.logs.close()
        await self.parts.history.close()
        await self.parts.journal.close()
        self.parts.clean_up()

    async def _load(self, progress: Progress) -> Iterable[Room]:
        """Return fresh rooms, loaded from the journal."""
        parts = self.parts
        recovered = await recover(
            parts.journal,
            parts.clock,
            self._make_rooms,
            self._first_record,
            progress,
            parts.history.take_head,
        )
        rooms = recovered.rooms
        shard, queues = rooms[SHARD_ROOM], rooms[QUEUE_ROOM]
        assert isinstance(shard, Shard)
        assert isinstance(queues, Queues)
        if shard.clock_kind != parts.clock.kind:
            raise StartRefused(
                f"{parts.journal.name} lives by a {shard.clock_kind} clock, "
                f"and this server has a {parts.clock.kind} one"
            )
        queues.use_secret(shard.secret)
        self.rooms.replace(
            queues,
            rooms[FUNCTION_ROOM],
            rooms[MAPPING_ROOM],
            rooms[LOG_ROOM],
            rooms[BUCKET_ROOM],
        )
        self.keeper.adopt(recovered)
        parts.history.tell(ServerStarted(SHARD, parts.clock.now(), __version__))
        return rooms.values()

    def _make_rooms(self) -> Mapping[int, Room]:
        numbers = Numbers()
        return {
            SHARD_ROOM: Shard(numbers),
            QUEUE_ROOM: Queues(b"", numbers),
            FUNCTION_ROOM: Functions(
                numbers,
                self._interpreters,
                (architecture(),),
                exact_runtimes=self.config.runtime_fallback == "refuse",
            ),
            MAPPING_ROOM: Mappings(numbers),
            LOG_ROOM: LogGroups(numbers),
            ACCESS_ROOM: Access(),
            BUCKET_ROOM: Buckets(numbers),
        }

    def _first_record(self, now: Instant) -> ShardOpened:
        return ShardOpened(SHARD, now, self.parts.entropy.take(SECRET_BYTES), self.parts.clock.kind)

    async def _rebuild(self, reason: str) -> None:
        """Load all rooms anew; a journal that cannot be read now is the end."""
        await self.keeper.halt()
        self.bodies.clear()
        await self.invoker.abandon()
        try:
            await self.parts.journal.open()
            self.driver.start(await self._load(lambda done, total: None))
        except JournalError as error:
            log.exception("memory cannot be rebuilt")
            if not self.failed.done():
                self.failed.set_result(f"{reason}; then: {error}")
