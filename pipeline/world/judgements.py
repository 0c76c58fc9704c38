"""What was judged in earlier nights, and which sets ask: looked up without reading more than has to be read.

_Ledger/<rig>/DATE_*.jsonl, the newest first ─▶ the `judged` lines of each night
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.rules.ledger import ledger_file
from pipeline.world import journals
from pipeline.world.library import OpenLibrary
from pipeline.world.manifests import CULLED, read_verdict

_FAR_BACK = 120
"""So many earlier nights are looked through, for a filter that is seldom used."""
_MARK = b'"judged"'


def judged_before(root: Path, rig: str, night: date) -> Iterator[list[dict[str, Any]]]:
    """The first judgements of a rig's sets, night by night, the newest before this one first."""
    own = root / ledger_file(rig, night)
    try:
        names = sorted((path.name for path in own.parent.glob("DATE_*.jsonl")), reverse=True)
    except OSError:
        return
    for name in [name for name in names if name < own.name][:_FAR_BACK]:
        try:
            data = (own.parent / name).read_bytes()
        except OSError:
            continue
        lines = b"\n".join(line for line in data.split(b"\n") if _MARK in line)
        found = [one for one in journals.parse(lines, name).records if one.get("event") == "judged"]
        yield list({str(one.get("set")): one for one in found}.values())  # judged anew: the latest holds


def asking_sets(library: OpenLibrary) -> list[str]:
    """Names of the sets whose last verdict asks a question; the verdicts are derived, so a night may have to be run."""
    home = library.state / "manifests"
    found = []
    for path in sorted(home.rglob(CULLED)):
        set_id = path.parent.relative_to(home).as_posix()
        written = read_verdict(library, set_id) if b'"held":true' in path.read_bytes() else None
        if written is not None and written[1].held:
            found.append(set_id)
    return found
