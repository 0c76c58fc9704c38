"""Which library is meant: NIGHTBUILD_LIBRARY, else the nearest folder above with an id file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pipeline.model.errors import NotReachable

ID_FILE = ".nightbuild-library"
"""Every library's root holds it; `doit init` makes it."""


def select_library(folder: Path, environment: Mapping[str, str]) -> Path | None:
    """The root of the library that is meant, reachable or not; None when none is."""
    named = environment.get("NIGHTBUILD_LIBRARY", "").strip()
    if named:
        return Path(folder, named)
    return next((above for above in (folder, *folder.parents) if (above / ID_FILE).is_file()), None)


def require_library(library: Path | None) -> Path:
    """The library's root, when it is there; else NotReachable with what to type."""
    if library is None:
        raise NotReachable(
            "No library here or above, and NIGHTBUILD_LIBRARY names none. "
            "`doit init DIR` makes one; then `cd DIR`, or set NIGHTBUILD_LIBRARY to it."
        )
    if not (library / ID_FILE).is_file():
        raise NotReachable(
            f"{library} is not reachable as a library: it has no file {ID_FILE}. "
            "Is the disk mounted? Nothing was judged or changed. `doit init DIR` makes a new library."
        )
    return library
