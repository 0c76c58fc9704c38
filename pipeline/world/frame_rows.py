"""The frames of the catalogue, line by line: read through for a question, never read as a whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from pipeline.rules.backup_held import Held
from pipeline.rules.frame_lines import FrameLine
from pipeline.rules.kept_lines import KeptLine
from pipeline.rules.record_places import catalog_file
from pipeline.world.backup_held import InBucket
from pipeline.world.catalog import damaged_words
from pipeline.world.library import OpenLibrary

_BUFFER_BYTES = 1 << 20
_BEGIN, _END = b'"frames":{\n', b"}}\n"


def frame_rows(
    library: OpenLibrary, owners: Iterable[str], troubles: list[str], bucket: InBucket | None = None
) -> Iterator[FrameLine]:
    """The frames of these rigs and cameras, in the order of their files.

    Args:
        library: Whose they are.
        owners: Those of a catalogue that was just read: their files are of our version.
        troubles: Where a file that cannot be read is said.
        bucket: Whom to ask where a frame is kept; None: nothing is said of it.
    """
    line_of = FrameLine if bucket is None else partial(KeptLine, ask=partial(_kept, bucket))
    for owner in owners:
        path = catalog_file(owner)
        try:
            yield from _lines(library.root / path, owner, line_of)
        except EOFError:
            troubles.append(damaged_words(library, path))
        except OSError as error:
            troubles.append(f"{path} could not be read: {error.strerror or error}")


def _kept(bucket: InBucket, row: FrameLine) -> Held | None:
    sha256 = row.get("sha256")
    size = None if sha256 else row.number("size")
    night, stored = str(row.get("night", "")), str(row.get("stored", ""))
    return bucket.of_row(row.owner, night, stored, sha256, None if size is None else int(size))


def _lines(path: Path, owner: str, line_of: Callable[[bytes, str], FrameLine]) -> Iterator[FrameLine]:
    with path.open("rb", buffering=_BUFFER_BYTES) as file:
        file.seek(-len(_END), os.SEEK_END)
        if file.read() != _END:
            raise EOFError(path)
        file.seek(0)
        for line in file:
            if line == _BEGIN:
                break
        for line in file:
            if line == _END:
                return
            yield line_of(line, owner)
    raise EOFError(path)
