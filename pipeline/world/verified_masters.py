"""The places masters were given beside lights, held against what was laid there: by their bytes, wherever links lead.

An empty place is no fault: its person took the master, or the next run says so.
"""

from __future__ import annotations

from pathlib import Path

from pipeline.model.errors import FrameError, PassingError
from pipeline.rules.choosing import Filed
from pipeline.rules.escape import unescape
from pipeline.rules.ledger import Ledger, Record
from pipeline.rules.serving import DATE
from pipeline.rules.targets import target_key
from pipeline.rules.verifying import Finding, Wrong
from pipeline.world.files import sha256_of
from pipeline.world.verified_links import LinksLooked

_Known = dict[tuple[int, int], str]
"""A file to its hash: many places are names of one master."""


def look_at_masters(library: Path, ledger: Ledger, filed: Filed, found: LinksLooked, *, read: bool) -> None:
    """Look at every place that a master was given and not taken from.

    Args:
        library: Its root.
        ledger: What was laid where.
        filed: What was asked for.
        found: What is found joins what was found of frames.
        read: Whether files are read; else it is only looked whether they are there.
    """
    known: _Known = {}
    for link, record in sorted(ledger.masters.items()):
        if record["event"] == "master_given" and is_meant(filed, link):
            found.looked_at += 1
            _look(library, link, record, found, known if read else None)


def is_meant(filed: Filed, link: str) -> bool:
    """True for a place beside lights of the rig, night and target that were asked for."""
    parts = link.split("/")
    if filed.rig and parts[0].casefold() != filed.rig.casefold():
        return False
    if filed.night and f"{DATE}{filed.night}" not in parts:
        return False
    return not filed.target or (len(parts) > 3 and target_key(unescape(parts[2])) == target_key(filed.target))


def _look(library: Path, link: str, record: Record, found: LinksLooked, known: _Known | None) -> None:
    try:
        seen = (library / link).stat()
        key = seen.st_dev, seen.st_ino
        if known is not None and key not in known:
            known[key] = sha256_of(library / link)
    except FileNotFoundError:
        found.empty += 1
        return
    except (FrameError, PassingError, OSError) as error:
        said = f"cannot be read: {error.strerror if isinstance(error, OSError) else error}"
        mend = "give it read rights or look at its disk, then run `doit verify` again"
        found.findings.append(Finding(wrong=Wrong.UNREADABLE, path=link, says=said, mend=mend))
        return
    if known is not None and known[key] != record.get("sha256"):
        found.findings.append(_changed(library, link, str(record.get("master", "")), key))


def _changed(library: Path, link: str, master: str, key: tuple[int, int]) -> Finding:
    try:
        twin = (library / master).stat()
        is_one = (twin.st_dev, twin.st_ino) == key
    except OSError:
        is_one = False
    says = "is not the master any more that was laid there"
    if is_one:
        says += f", and {master} is damaged with it: both are one file"
        mend = "bring the master back from a backup, or take another: doit rematch, with the set's name"
    else:
        mend = f"if you want the master back: put a copy of {master} in its place"
    return Finding(wrong=Wrong.EDITED, path=link, says=says, mend=mend)
