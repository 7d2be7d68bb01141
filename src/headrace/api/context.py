"""Who asks and when: what an operation is given beside its parameters."""

import msgspec

from headrace.base.instant import Instant


class Context(msgspec.Struct):
    """One request's surroundings. Handlers read it and never keep it."""

    account: str  #: 12 digits, from the credentials or the configured default.
    region: str  #: From the credential scope, else the Host name, else the configured default.
    request_id: str  #: UUID; also the answer's x-amzn-RequestId.
    #: 16 random bytes: what ids made for this request derive from (hashed with a purpose).
    seed: bytes
    now: Instant
    block: int  #: Number of the block that is being filled (for bodies).
    base_url: str  #: Scheme and authority that the caller used, e.g. "http://127.0.0.1:4566".
    sender_id: str  #: For SenderId: derived from the access key.
    trace_header: str | None = None  #: X-Amzn-Trace-Id of the request.
