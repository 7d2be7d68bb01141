"""Lambda quotas and our own limits, each with unit and source."""

#: Characters of a function's bare name (spec/lambda.md 1.5).
NAME_LENGTH_MAX = 64

#: Megabytes of memory of a function, and the default (spec/lambda.md 1.5).
MEMORY_MB_MIN = 128
MEMORY_MB_MAX = 10_240
MEMORY_MB_DEFAULT = 128

#: Seconds that an invoke may take, and the default (spec/lambda.md 1.5).
TIMEOUT_S_MIN = 1
TIMEOUT_S_MAX = 900
TIMEOUT_S_DEFAULT = 3

#: Megabytes of /tmp, and the default (spec/lambda.md 1.5).
EPHEMERAL_STORAGE_MB_MIN = 512
EPHEMERAL_STORAGE_MB_MAX = 10_240
EPHEMERAL_STORAGE_MB_DEFAULT = 512

#: Bytes of the compact JSON of all environment variables (spec/lambda.md L-A18).
ENVIRONMENT_BYTES_MAX = 4_096

#: Tags of one function (spec/lambda.md 1.5).
TAGS_MAX = 50

#: Bytes of the policy of a function, version or alias (botocore: ResourcePolicy).
POLICY_BYTES_MAX = 20_480

#: Layers of one function (spec/lambda.md 1.5).
LAYERS_MAX = 5

#: Bytes of a zip archive that comes with the request (spec/lambda.md 1.4, L-A19).
ZIPPED_BYTES_MAX = 52_428_800

#: Bytes of the archive's files together (spec/lambda.md 1.4).
UNZIPPED_BYTES_MAX = 262_144_000

#: Bytes of all archives of an account, as it is shown; not enforced (spec/lambda.md 1.5).
ACCOUNT_CODE_BYTES_MAX = 322_122_547_200

#: Bytes of a whole CreateFunction or UpdateFunctionCode request (spec/lambda.md 1.4).
CODE_REQUEST_BYTES_MAX = 70_167_211

#: Bytes of the payload of a synchronous invoke (spec/lambda.md I3).
PAYLOAD_BYTES_MAX = 6_291_456

#: Bytes of the payload of an asynchronous invoke (spec/lambda.md I3).
EVENT_PAYLOAD_BYTES_MAX = 1_048_576
#: The same of the deprecated InvokeAsync (spec/lambda.md 1.2).
INVOKE_ARGS_BYTES_MAX = 262_144

#: Retries of an asynchronous invoke whose function failed, unless set (spec/lambda.md A2).
EVENT_RETRIES_DEFAULT = 2

#: Milliseconds after the first failure and after each later one until the next try (A2).
EVENT_RETRY_MS = (60_000, 120_000)

#: Seconds that an asynchronous invoke may be old when it is tried, unless set (A4).
EVENT_AGE_S_DEFAULT = 21_600

#: Milliseconds until the next try of what could not run or be sent: doubled from try to try (A4).
BACKOFF_MS_MIN = 1_000
BACKOFF_MS_MAX = 300_000

#: Events of one function that run or wait for their next try after a fault of the server. (Ours.)
EVENTS_IN_HAND_MAX = 1_000

#: Events of one function that run at once before it is known how long they take; each second more
#: of them may (`GROWTH_PER_SECOND`) if those that wait would wait for longer than this. (Ours.)
EVENTS_AT_FIRST = 32
EVENT_PACE_MS = 1_000
EVENT_WAIT_MS = 10_000

#: Events of which something is being sent at the same time on one shard: each is read from disk
#: with its answer, 7 MiB together at most. (Ours.)
SENDS_IN_HAND_MAX = 64

#: Events of one function that are looked at in one step; more are looked at in the next. (Ours.)
EVENTS_LOOKED_AT = 100

#: Functions that are asked again when an invoke has ended, of those whose events wait for room;
#: the others take their turn when the next one ends. (Ours.)
WAITING_LOOKED_AT = 8

#: Characters of a dead letter's ErrorMessage (spec/lambda.md 6.2).
ERROR_MESSAGE_LENGTH_MAX = 1_024

#: Bytes of a synchronous invoke's answer: 6 MiB and 100 (spec/lambda.md I4).
ANSWER_BYTES_MAX = 6_291_556

#: Bytes of an invoke's log that LogType Tail returns (spec/lambda.md 2.1).
LOG_TAIL_BYTES = 4_096

#: Bytes of a client context before decoding (spec/lambda.md 1.5).
CLIENT_CONTEXT_BYTES_MAX = 3_583

#: Functions on one page of ListFunctions (spec/lambda.md 1.24).
PAGE_MAX = 50

#: Milliseconds of validity of a link to a function's code (spec/lambda.md G3).
CODE_LINK_MS = 600_000

#: Invokes in hand of one account in one region; the next is throttled (spec/lambda.md 6.1).
CONCURRENCY_MAX = 1_000

#: Requests a second for each unit of a function's concurrency (spec/lambda.md 6.1).
REQUESTS_PER_CONCURRENCY = 10

#: Environments that a function may gain at once, and how many a second come back (6.1).
GROWTH_MAX = 1_000
GROWTH_PER_SECOND = 100

#: Functions whose rates are known at a time; of more, those used least recently are forgotten.
#: (Ours.)
RATES_KEPT_MAX = 10_000

#: Bytes of the payloads of all invokes in hand on one shard; the next is throttled. (Ours.)
PAYLOADS_BYTES_MAX = 1 << 30

#: What of it must stay free of reservations (spec/lambda.md 1.15).
UNRESERVED_MIN = 100

#: Seconds after which a throttled caller may try again, as Retry-After tells him. (Ours.)
RETRY_AFTER_S = 1

#: Milliseconds that the init phase may take (spec/lambda.md 4.1).
INIT_LIMIT_MS = 10_000

#: The same ahead of need, for provisioned concurrency and SnapStart, unless the function's own
#: limit is longer (spec/lambda.md 4.1).
INIT_LIMIT_AHEAD_MS = 130_000

#: Init phases that may fail in a row before provisioned concurrency has failed (L-A60).
PROVISIONING_ATTEMPTS = 6

#: Environments that are kept ahead of need on one shard; the rest is for invokes that have none.
#: (Ours.)
AHEAD_MAX = 900

#: Environments that start at the same time on one shard; further invokes wait for one of these or
#: for one that becomes idle, so that a burst does not starve the invokes that run. (Ours.)
STARTING_MAX = 32

#: Environments alive on one shard; at the limit the one idle for longest is stopped, and if none is
#: idle the invoke waits, bounded by CONCURRENCY_MAX of each account. (Ours.)
ENVIRONMENTS_MAX = 1_000

#: Idle milliseconds after which an environment is frozen. At once would cost every invoke of a busy
#: function a freeze and a thaw (research/environments.md C3); after 20 ms it still cost three of
#: four batches of a mapping that receives several at once, and a tenth of the loop's time. (Ours.)
FREEZE_AFTER_MS = 100

#: Idle milliseconds after which an environment is stopped. AWS says "minutes" (4.1). (Ours.)
STOP_AFTER_MS = 300_000

#: Milliseconds for which a new or updated function shows itself as Pending or InProgress, beyond
#: the answer that says so. Nothing here needs the time, and clients' waiters sleep 1 to 5 s after a
#: look that comes too early (spec/lambda.md 1.6). More lets users test their waiting. (Ours.)
PREPARATION_MS_DEFAULT = 0

#: Entries of a lineage that are passed on, the newest. (Ours: a header must not grow for ever.)
LINEAGE_ENTRIES_MAX = 16

#: Turns through one function after which an event of a loop is not handed to it again, unless the
#: function allows loops (spec/lambda.md A9); for messages core/mapping has its own.
LOOP_TURNS_MAX = 16

#: Characters of an error's type and of its message that the history keeps. (Ours.)
TOLD_ERROR_LENGTH_MAX = 512
