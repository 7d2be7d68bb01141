"""Log events in the frames of AWS's clients, made lines again."""

from headrace.base.logtext import INNER_END

#: How a frame begins; the fourth byte is its format and level.
_FRAME = b"\xa5\x5a\x00"
#: Beginning and fourth byte, length of the text, time in µs.
_FRAME_HEAD_BYTES = 16


class Unframer:
    """Makes lines of the frames in which AWS's clients write to _LAMBDA_TELEMETRY_LOG_FD.

    A frame is one event, whatever lines its text has and whether it ends in a line's end: see
    `base/logtext.py`. What comes between frames passes as it is. Source: spec/lambda.md 3.5.
    """

    def __init__(self) -> None:
        self._left = 0  #: Bytes of the frame's text that have not come yet.
        self._waiting = b""  #: What may be the head of a frame.
        self._at_start = True  #: Of a line.

    def feed(self, data: bytes) -> bytes:
        """Return the text of the next piece of a log, however the frames are cut."""
        data = self._waiting + data
        self._waiting = b""
        text = bytearray()
        while data:
            if self._left:
                data = self._take_text(data, text)
                continue
            start = data.find(_FRAME)
            if start < 0:
                start = _where_begun(data)
            self._take_plain(data[:start], text)
            data = data[start:]
            if len(data) < _FRAME_HEAD_BYTES:
                self._waiting = data
                break
            self._left = int.from_bytes(data[4:8], "big")
            data = data[_FRAME_HEAD_BYTES:]
            if not self._at_start:
                text += b"\n"
            if not self._left:
                text += b"\n"
            self._at_start = True
        return bytes(text)

    def flush(self) -> bytes:
        """Return what was kept back because it might have begun a frame; a line ends here."""
        rest, self._waiting = self._waiting, b""
        self._at_start = True
        return rest

    def _take_plain(self, data: bytes, text: bytearray) -> None:
        if data:
            text += data
            self._at_start = data.endswith(b"\n")

    def _take_text(self, data: bytes, text: bytearray) -> bytes:
        part, data = data[: self._left], data[self._left :]
        self._left -= len(part)
        ends = not self._left
        if ends and part.endswith(b"\n"):
            text += part.rstrip(b"\n").replace(b"\n", INNER_END) + b"\n"
        else:
            text += part.replace(b"\n", INNER_END) + (INNER_END + b"\n" if ends else b"")
        return data


def _where_begun(data: bytes) -> int:
    """Return where a frame's first bytes end a text, or the text's length."""
    for count in (2, 1):
        if data.endswith(_FRAME[:count]):
            return len(data) - count
    return len(data)
