"""What became of each light of a set, in `.nightbuild/manifests/<set>/calibrated.json`, for the stage and for status.

Derived: without it the headers of the calibrated files say the same, and nothing is written again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict

import orjson

from pipeline.model.calibrated import CalibratedLight, CalibrationProgress
from pipeline.model.frames import Kind, Value
from pipeline.rules.calibration_due import progress_of
from pipeline.world.calibrated_header import basis_in, cards_of_ours, hashes_in
from pipeline.world.files import make_folder, replace_if_different
from pipeline.world.library import OpenLibrary
from pipeline.world.manifests import manifest_path

FILE = "calibrated.json"


def read_calibrated(library: OpenLibrary, set_id: str) -> dict[str, CalibratedLight]:
    """The rows of a set by stored path; none of what is damaged."""
    try:
        said = orjson.loads(manifest_path(library, set_id, FILE).read_bytes())
        rows = [CalibratedLight(**{**one, "reasons": tuple(one.get("reasons", ()))}) for one in said["rows"]]
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return {row.stored: row for row in rows}


def read_progress(library: OpenLibrary, set_id: str) -> CalibrationProgress | None:
    """How far a set's calibration is; None where nothing is known of it."""
    try:
        said = orjson.loads(manifest_path(library, set_id, FILE).read_bytes())["progress"]
        return CalibrationProgress(**said)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_calibrated(
    library: OpenLibrary, set_id: str, rows: Iterable[CalibratedLight], accepted: int
) -> None:
    """Put the rows of a set down; what holds nothing is left out.

    Args:
        library: Whose set it is.
        set_id: Its name.
        rows: One a light that was dealt with.
        accepted: How many lights of the set are accepted.
    """
    rows = list(rows)
    progress = asdict(progress_of(rows, accepted))
    plain = [
        {key: value for key, value in asdict(row).items() if value not in ({}, "", (), 0, False)}
        for row in sorted(rows, key=lambda one: one.stored)
    ]
    path = manifest_path(library, set_id, FILE)
    if plain or path.exists():
        make_folder(path.parent)
        replace_if_different(
            path, orjson.dumps({"progress": progress, "rows": plain}, option=orjson.OPT_SORT_KEYS)
        )


def row_in_header(
    library: OpenLibrary, stored: str, target: str, light_sha256: str
) -> CalibratedLight | None:
    """The row of this light's calibrated copy as its header tells it; None for what is not ours."""
    path = library.root / target
    try:
        seen, cards = path.lstat(), cards_of_ours(path, light_sha256)
    except OSError:
        return None
    if cards is None:
        return None
    basis, score = basis_in(cards), cards.get("CALSCORE")
    return CalibratedLight(
        stored=stored,
        target=target,
        basis=basis,
        masters={
            kind.value: hashed for kind, hashed in hashes_in(cards).items() if kind is not Kind.FLATDARK
        },
        size=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        score=float(score) if isinstance(score, (int, float)) else 0.0,
        negative=_count(cards, "CALNEG"),
        clipped=_count(cards, "CALCLIP"),
        undivided=_count(cards, "CALUNDIV"),
        filled=_count(cards, "CALFILL"),
    )


def _count(cards: Mapping[str, Value], key: str) -> int:
    value = cards.get(key)
    return value if type(value) is int else 0
