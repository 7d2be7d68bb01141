"""DescribeLogStreams: which streams, in which order (spec/lambda.md 5.4)."""

from collections.abc import Sequence

import msgspec

from headrace.api.logs.tokens import invalid_token, page_token, read_page_token
from headrace.api.operation import Answer, Parameters
from headrace.core.logs.errors import InvalidParameter
from headrace.core.logs.events import StreamFound
from headrace.core.logs.group import LogGroup
from headrace.core.logs.limits import DESCRIBE_MAX

#: What a stream is ordered by: an instant, or 0, and its name.
_Key = tuple[int, str]

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(_Key).decode


def check_describe_streams(parameters: Parameters) -> None:
    """Refuse a DescribeLogStreams that makes no sense.

    Raises:
        InvalidParameter: Streams with a prefix cannot be ordered by their last events.
    """
    if parameters.get("orderBy") == "LastEventTime" and parameters.get("logStreamNamePrefix"):
        raise InvalidParameter("Cannot order by LastEventTime with a logStreamNamePrefix.")


def streams_described(
    parameters: Parameters, group: LogGroup, found: Sequence[StreamFound]
) -> Answer:
    """Answer a DescribeLogStreams from all streams of its group.

    Raises:
        InvalidParameter: The token is none of ours.
    """
    prefix = parameters.get("logStreamNamePrefix", "")
    by_time = parameters.get("orderBy") == "LastEventTime"
    descending = bool(parameters.get("descending"))
    wanted = [one for one in found if one.name.startswith(prefix)]
    wanted.sort(key=lambda one: _key(one, by_time=by_time), reverse=descending)
    token = parameters.get("nextToken")
    if token is not None:
        last = _read_key(token)
        wanted = [
            one
            for one in wanted
            if (
                _key(one, by_time=by_time) < last
                if descending
                else _key(one, by_time=by_time) > last
            )
        ]
    page = wanted[: parameters.get("limit", DESCRIBE_MAX)]
    answer: Answer = {"logStreams": [_described(one, group) for one in page]}
    if len(page) < len(wanted):
        key = _encode(_key(page[-1], by_time=by_time)).decode()
        answer["nextToken"] = page_token("streams", key)
    return answer


def _key(stream: StreamFound, *, by_time: bool) -> _Key:
    return (stream.last_at or 0) if by_time else 0, stream.name


def _read_key(token: str) -> _Key:
    try:
        key: _Key = _decode(read_page_token("streams", token))
    except msgspec.DecodeError:
        raise invalid_token() from None
    return key


def _described(stream: StreamFound, group: LogGroup) -> Answer:
    answer: Answer = {
        "logStreamName": stream.name,
        "creationTime": stream.created_at,
        "uploadSequenceToken": sequence_token(stream.last_ingested_at or stream.created_at),
        "arn": f"{group.arn}:log-stream:{stream.name}",
        "storedBytes": 0,
    }
    if stream.first_at is not None:
        answer["firstEventTimestamp"] = stream.first_at
        answer["lastEventTimestamp"] = stream.last_at
        answer["lastIngestionTime"] = stream.last_ingested_at
    return answer


def sequence_token(at: int) -> str:
    """Return what old clients hand back with their next batch; nobody looks at it."""
    return f"{at:056d}"
