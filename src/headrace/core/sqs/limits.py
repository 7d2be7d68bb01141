"""Every limit of queues, with unit and source; AWS's quotas first, then our own bounds.

Source: spec/sqs.md 0, unless a line says otherwise.
"""

import msgspec

# --- AWS's ------------------------------------------------------------------------------------

QUEUE_NAME_MAX = 80  #: Characters, `.fifo` included.

MESSAGE_BYTES_MIN = 1_024  #: Smallest MaximumMessageSize (3.1).
MESSAGE_BYTES_MAX = 1_048_576  #: Largest and default MaximumMessageSize.
BATCH_BYTES_MAX = 1_048_576  #: Sum over the entries of one batch.
BATCH_ENTRIES_MAX = 10
MESSAGE_ATTRIBUTES_MAX = 10  #: User attributes of a message.
ATTRIBUTE_NAME_BYTES_MAX = 256
ATTRIBUTE_TYPE_BYTES_MAX = 256

DELAY_S_MAX = 900
RETENTION_S_MIN = 60
RETENTION_S_MAX = 1_209_600
RETENTION_S_DEFAULT = 345_600
VISIBILITY_TIMEOUT_S_MAX = 43_200  #: Also the longest total invisibility of one receive (4.1).
VISIBILITY_TIMEOUT_S_DEFAULT = 30
WAIT_TIME_S_MAX = 20
RECEIVE_MESSAGES_MAX = 10  #: MaxNumberOfMessages.
KMS_REUSE_S_MIN = 60
KMS_REUSE_S_MAX = 86_400
KMS_REUSE_S_DEFAULT = 300

#: A message that was received so often comes last, if maxReceiveCount is larger (4.8).
LAST_FROM_RECEIVES = 3
MAX_RECEIVE_COUNT_MAX = 1_000  #: maxReceiveCount of a RedrivePolicy; the least is 1.
REDRIVE_SOURCE_ARNS_MAX = 10  #: sourceQueueArns of a RedriveAllowPolicy.

POLICY_BYTES_MAX = 8_192
POLICY_STATEMENTS_MAX = 20
PERMISSION_ACTIONS_MAX = 7  #: Of one AddPermission (8.2).

TAGS_MAX = 50
TAG_KEY_MAX = 128  #: Characters.
TAG_VALUE_MAX = 256  #: Characters.

DEDUPLICATION_WINDOW_MS = 300_000  #: For how long a deduplication id is remembered (5.2).
RECEIVE_ATTEMPT_MS = 300_000  #: For how long a ReceiveRequestAttemptId is remembered (5.4).

MOVE_RATE_MAX = 500  #: MaxNumberOfMessagesPerSecond of a move task, also when none is given (7.4).
MOVE_TASKS_LISTED_MAX = 10  #: Also how many are remembered of one source.
MOVE_TASKS_ACTIVE_MAX = 100  #: Of one account.
MOVE_TASK_MS_MAX = 36 * 3_600_000

LIST_QUEUES_MAX = 1_000  #: Names in one answer of ListQueues, also its default.

#: Names of queue attributes (3.1), read-only ones included.
QUEUE_ATTRIBUTE_NAMES = frozenset(
    {
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
        "ContentBasedDeduplication",
        "CreatedTimestamp",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "LastModifiedTimestamp",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "QueueArn",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }
)

# --- ours -------------------------------------------------------------------------------------

#: Levels of objects and arrays in a Policy, RedrivePolicy or RedriveAllowPolicy. AWS's language for
#: policies needs seven.
DOCUMENT_DEPTH_MAX = 32
#: Bytes of a RedriveAllowPolicy: as long as a Policy. Ten ARNs need 1,600.
REDRIVE_ALLOW_POLICY_BYTES_MAX = POLICY_BYTES_MAX
#: Bytes of a KmsMasterKeyId. KMS itself takes 2,048.
KMS_KEY_ID_BYTES_MAX = 2_048

#: Attempt ids of one FIFO queue that are remembered; beyond it the oldest is forgotten.
RECEIVE_ATTEMPTS_MAX = 100_000

#: Overdue changes that one command carries out itself before it looks at the queue.
SETTLE_AT_MOST = 200
#: Messages in one answer of a look, also its default.
LOOK_MESSAGES_MAX = 1_000
#: How often a fast move task moves some messages; a slow one moves a single message at a time.
MOVE_STEP_MS = 100


class Noise(msgspec.Struct, frozen=True, gc=False):
    """When a group of a standard queue is noisy, so that quiet ones come first (6; 12, Q20)."""

    in_flight_min: int = 30  #: So many messages of its own are in flight,
    share_percent: int = 10  #: and they are more than this share of all in flight.
    idle_ms: int = 300_000  #: It ends when nothing of it was in flight for so long.

    def is_loud(self, in_flight: int, in_flight_of_all: int) -> bool:
        """Tell whether a group with so much in flight is above both thresholds."""
        is_large = in_flight * 100 > self.share_percent * in_flight_of_all
        return in_flight >= self.in_flight_min and is_large


class QueueRules(msgspec.Struct, frozen=True, gc=False):
    """What a test may want smaller or off; 0 switches a waiting time off."""

    create_after_delete_ms: int = 60_000  #: Wait before a deleted queue's name is free (2.1).
    purge_interval_ms: int = 60_000  #: Between two purges of one queue (2.12).
    in_flight_max: int = 120_000  #: Messages in flight of one queue (4.9).
    #: Parked receives of one queue; one more is answered at once, as a short poll.
    parked_max: int = 100_000
    #: Messages that one receive moves to the dead-letter queue before others have a turn.
    moves_at_most: int = 100
    noise: Noise = Noise()
