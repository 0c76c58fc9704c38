"""What a request carries: a stretch of a file, read as it is sent, so that no part lies in memory."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

_PIECE_BYTES = 1 << 20


class Stopped(BaseException):
    """Somebody typed Ctrl-C, or another pack failed: no more is packed or sent, and nobody takes this for trouble."""


class Stretch:
    """Some bytes of a file, as botocore wants a body: it is read, wound back for another try, and has a length.

    Asked for a little it gives a piece: the line takes whatever it is given, and 16 KiB at a time would be slow.
    """

    def __init__(self, path: Path, at: int, size: int, look: Callable[[], None] = lambda: None) -> None:
        self._look = look
        self._file = path.open("rb", buffering=0)
        self._first, self._size, self._at = at, size, 0

    def __enter__(self) -> Stretch:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return self._size

    def read(self, size: int = -1) -> bytes:
        """The next piece; empty at the end. Raises what `look` raises: that is how a body is let go half way."""
        self._look()
        wanted = self._size - self._at if size < 0 else max(size, _PIECE_BYTES)
        self._file.seek(self._first + self._at)
        found = self._file.read(min(wanted, self._size - self._at)) or b""
        self._at += len(found)
        return found

    def seek(self, to: int, whence: int = 0) -> int:
        """As a file's."""
        self._at = to + {0: 0, 1: self._at, 2: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """As a file's."""
        return self._at

    def pieces(self) -> Iterator[bytes]:
        """All of it, from its beginning, which it is wound back to."""
        self.seek(0)
        while piece := self.read(_PIECE_BYTES):
            yield piece
        self.seek(0)

    def md5(self) -> hashlib._Hash:
        """What every service holds against what came."""
        found = hashlib.md5(usedforsecurity=False)
        for piece in self.pieces():
            found.update(piece)
        return found

    def sha256(self) -> hashlib._Hash:
        """What some keep."""
        found = hashlib.sha256()
        for piece in self.pieces():
            found.update(piece)
        return found


def as_text(digest: bytes) -> str:
    """As headers want it."""
    return base64.b64encode(digest).decode()
