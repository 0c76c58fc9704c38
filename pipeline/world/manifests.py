"""What one task tells the next about a set: a manifest in `.nightbuild`, one line of JSON, rewritten if it differs.

    manifests/<set>/measured.json    a row a frame, its values by quantity
    manifests/<set>/culled.json      what the limits made of each frame, and what that was reckoned from

Derived, all of it: deleting a manifest costs the time to make it again, and it comes out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from pipeline.model.measures import CULLED as CULLED
from pipeline.model.measures import MEASURED as MEASURED
from pipeline.model.measures import Measured
from pipeline.model.verdicts import Fate, Judgement, Reason, SetVerdict
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary


def manifest_path(library: OpenLibrary, set_id: str, name: str) -> Path:
    """Where a set's manifest of this name lies."""
    return library.state.joinpath("manifests", *set_id.split("/"), name)


def write_measures(
    library: OpenLibrary, set_id: str, basis: int | str, rows: Iterable[Measured], *, pixels: str = ""
) -> None:
    """Put the rows of a set down, in the order of their addresses.

    Args:
        library: Whose set it is.
        set_id: Its name.
        basis: A digest of everything the rows depend on.
        rows: One a frame.
        pixels: A digest of what the pixels' own figures depend on besides the pixels.
    """
    plain = [_without_blanks(asdict(row)) for row in sorted(rows, key=lambda row: row.stored)]
    said = {"basis": basis, "pixels": pixels, "rows": plain}
    _write(manifest_path(library, set_id, MEASURED), said)


def read_measures(
    library: OpenLibrary, set_id: str, basis: int | str | None = None, *, pixels: str | None = None
) -> dict[str, Measured]:
    """The rows of a set by address; none of what is damaged, or was made from something else."""
    said = _read(manifest_path(library, set_id, MEASURED))
    if (basis is not None and said.get("basis") != basis) or (
        pixels is not None and said.get("pixels") != pixels
    ):
        return {}
    try:
        return {row["stored"]: Measured(**row) for row in said.get("rows", ())}
    except (TypeError, KeyError):
        return {}


def write_verdict(library: OpenLibrary, set_id: str, basis: str, verdict: SetVerdict) -> None:
    """Put down what the limits made of a set, and a digest of everything it was reckoned from."""
    _write(manifest_path(library, set_id, CULLED), {"basis": basis, "verdict": asdict(verdict)})


def read_verdict(library: OpenLibrary, set_id: str) -> tuple[str, SetVerdict] | None:
    """The digest and the verdict; None where there is none that can be read."""
    said = _read(manifest_path(library, set_id, CULLED))
    try:
        plain = dict(said["verdict"])
        plain["frames"] = {stored: _judgement(one) for stored, one in plain["frames"].items()}
        plain["unjudged"] = tuple(plain["unjudged"])
        return said["basis"], SetVerdict(**plain)
    except (TypeError, KeyError, ValueError):
        return None


def _judgement(plain: Mapping[str, Any]) -> Judgement:
    return Judgement(
        fate=Fate(plain["fate"]),
        reasons=tuple(Reason(**one) for one in plain["reasons"]),
        marks=tuple(Reason(**one) for one in plain["marks"]),
        because=plain["because"],
    )


def _without_blanks(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if value is not False and value not in ({}, "", None)}


def _write(path: Path, plain: Mapping[str, Any]) -> None:
    make_folder(path.parent)
    replace_if_different(path, orjson.dumps(plain, option=orjson.OPT_SORT_KEYS))


def _read(path: Path) -> dict[str, Any]:
    try:
        said = orjson.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}
