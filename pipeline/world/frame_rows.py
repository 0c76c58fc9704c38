"""The frames of the catalogue, line by line: read through for a question, never read as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pipeline.rules.frame_lines import FrameLine
from pipeline.rules.record_places import catalog_file
from pipeline.world.catalog import damaged_words
from pipeline.world.library import OpenLibrary

_BUFFER_BYTES = 1 << 20
_BEGIN, _END = b'"frames":{\n', b"}}\n"


def frame_rows(library: OpenLibrary, owners: Iterable[str], troubles: list[str]) -> Iterator[FrameLine]:
    """The frames of these rigs and cameras, in the order of their files.

    Args:
        library: Whose they are.
        owners: Those of a catalogue that was just read: their files are of our version.
        troubles: Where a file that cannot be read is said.
    """
    for owner in owners:
        path = catalog_file(owner)
        try:
            yield from _lines(library.root / path, owner)
        except EOFError:
            troubles.append(damaged_words(path))
        except OSError as error:
            troubles.append(f"{path} could not be read: {error.strerror or error}")


def _lines(path: Path, owner: str) -> Iterator[FrameLine]:
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
            yield FrameLine(line, owner)
    raise EOFError(path)
