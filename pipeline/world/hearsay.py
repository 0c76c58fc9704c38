"""What others wrote down about a night's lights: NINA's session files and PHD2's guide logs, as they are stored.

Stored beside the night in `_witness`, read once for all its sets, and asked frame by frame.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.model.records import Stays
from pipeline.model.rigs import Rig
from pipeline.model.sets import Member
from pipeline.rules.guide_log import GuideLog, parse_guide_log
from pipeline.rules.layout import night_home
from pipeline.rules.ledger import Ledger
from pipeline.rules.readings import readings
from pipeline.rules.session_match import SessionIndex, SessionRow, find_row, index_rows
from pipeline.rules.session_metadata import parse_session

_LONGEST_BYTES = 256 << 20
"""A log beyond this is no log of one night."""
_TABLES = (".csv", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearsay:
    """All that was written about one night, ready to be asked."""

    table: SessionIndex
    logs: tuple[GuideLog, ...] = ()
    troubles: tuple[str, ...] = ()
    """Sentences about what could not be read; the rest is heard."""

    def of(self, member: Member, original: str, rig: Rig, time_zone: str | None) -> dict[str, float]:
        """What is said of one light, by quantity."""
        row = find_row(self.table, original, member.stored, member.frame.utc, member.frame.exposure_s)
        return readings(
            member.frame,
            row=row,
            logs=self.logs,
            guider_arcsec_px=rig.guider_arcsec_px,
            time_zone=time_zone,
        )


def witnesses_of(ledger: Ledger, home: str) -> list[str]:
    """The stored logs and session files of a night's folder, in the order they came."""
    return [
        fact.stored
        for fact in ledger.stored.values()
        if fact.stays == Stays.WITNESS and night_home(fact.stored) == home
    ]


def hear(library: Path, witnesses: Iterable[str]) -> Hearsay:
    """Read them."""
    rows: list[SessionRow] = []
    logs: list[GuideLog] = []
    troubles: list[str] = []
    for stored in witnesses:
        name = stored.rpartition("/")[2]
        text = _text(library / stored)
        if text is None:
            troubles.append(f"{stored} could not be read; the night goes on without it")
        elif name.lower().endswith(_TABLES):
            found, lost = parse_session(text, name)
            rows += found
            troubles += lost
        elif "guidelog" in name.lower():
            logs.append(parse_guide_log(text, name))
    return Hearsay(table=index_rows(rows), logs=tuple(logs), troubles=tuple(troubles))


def _text(path: Path) -> str | None:
    try:
        if path.stat().st_size > _LONGEST_BYTES:
            return None
        return path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return None
