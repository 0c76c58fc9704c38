"""What the ledger alone shows to be unfinished about masters: sets that lack one, masters beside no light any more.

Asked of every night before any header is read (rules/summaries), so that a sealed night whose sets lack a dark costs
nothing until one is there, and costs nothing where none is lacking.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pipeline.model.frames import Kind
from pipeline.model.records import LinkFact
from pipeline.model.served import Lack
from pipeline.rules.addresses import read_address
from pipeline.rules.escape import unescape
from pipeline.rules.frozen import masters_of, missing_of
from pipeline.rules.layout import set_name
from pipeline.rules.ledger import Ledger, Record
from pipeline.rules.places import offered_in
from pipeline.rules.positions import Place, lies_at, stage_of
from pipeline.rules.serving import DATE, date_folder, is_open_end
from pipeline.rules.targets import target_key

ANY = "any"
"""Said of a night in which something is unfinished without a master having to come."""
_TWIN = re.compile(r"~\d+$")


def lacking_in(ledger: Ledger) -> tuple[Lack, ...]:
    """What is unfinished in a night, sets first."""
    lights = _accepted_lights(ledger.links.values())
    chosen: dict[str, list[Record]] = {}
    for record in ledger.matched.values():
        chosen.setdefault(_TWIN.sub("", str(record["set"])), []).append(record)
    found = [
        lack
        for name, folders in sorted(lights.items())
        for lack in _of_set(name, folders, chosen.get(name, ()))
    ]
    return (*found, *(Lack(folder=folder) for folder in sorted(_unequal(ledger, lights, chosen))))


def digest_of(lacks: Iterable[Lack]) -> str:
    """What is unfinished in a night as one text, the kinds first: `DARK FLAT 3f1c..`; `any`: no master need come."""
    lacks = list(lacks)
    told = repr(sorted((one.set, one.kind, one.folder) for one in lacks))
    digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    return " ".join((*sorted({one.kind or ANY for one in lacks}), digest))


@dataclass(frozen=True, slots=True)
class Stock:
    """The files in the libraries that may matter to a rig, as text: what changes when one comes or goes."""

    darks: str = ""
    """Darks and bias."""
    loose: str = ""
    """Flats of no night that their folder tells."""
    flats: Mapping[date, str] = field(default_factory=dict)

    def near(self, night: date, reach: int, lacks: str) -> str:
        """Those that may serve lights of a night that lack this; flats as many nights away as its rig allows."""
        kinds = set(lacks.split()[:-1])
        found = [self.darks] if kinds - {Kind.FLAT.value} else []
        if kinds & {Kind.FLAT.value, ANY}:
            found += [self.loose, *self._flats_near(night, reach)]
        return "\n".join(filter(None, found))

    def _flats_near(self, night: date, reach: int) -> list[str]:
        if reach > len(self.flats):
            return sorted(text for at, text in self.flats.items() if abs((at - night).days) <= reach)
        days = (night + timedelta(days=number) for number in range(-reach, reach + 1))
        return [self.flats[day] for day in days if day in self.flats]


def sorted_stock(files: Iterable[tuple[str, int, int]], others: Iterable[str]) -> Stock:
    """The files of the libraries, without those in other cameras' folders.

    Args:
        files: Path, size and time of each.
        others: The cameras of other rigs.
    """
    foreign = {target_key(name) for name in others}
    darks: list[str] = []
    flats: dict[date | None, list[str]] = {}
    for path, size, mtime_ns in files:
        parts, told = path.split("/"), f"{path} {size} {mtime_ns}"
        if len(parts) > 2 and target_key(unescape(parts[1])) in foreign:
            continue
        if "flat" in parts[0].casefold():
            night = next((at for part in parts[2:] if (at := _night(part)) is not None), None)
            flats.setdefault(night, []).append(told)
        else:
            darks.append(told)
    by_night = {night: "\n".join(sorted(found)) for night, found in flats.items() if night is not None}
    return Stock("\n".join(sorted(darks)), "\n".join(sorted(flats.get(None, ()))), by_night)


def _night(part: str) -> date | None:
    try:
        return date.fromisoformat(part.removeprefix(DATE)) if part.startswith(DATE) else None
    except ValueError:
        return None


def _accepted_lights(links: Iterable[LinkFact]) -> dict[str, Counter[str]]:
    """How many lights of each set lie in which DATE folders of 20_Data; sets that share a folder are counted as one."""
    lights: dict[str, Counter[str]] = {}
    for link in links:
        at = lies_at(link)
        if stage_of(at) is Place.DATA and is_light(link.stored):
            lights.setdefault(set_of(link), Counter())[date_folder(at.rpartition("/")[0])] += 1
    return lights


def set_of(link: LinkFact) -> str:
    """The name of the set a place is of; sets that share a folder have one."""
    offered = offered_in(link)
    return set_name(offered) if offered.count("/") > 1 else offered


def _of_set(name: str, folders: Counter[str], records: Iterable[Record]) -> Iterator[Lack]:
    records, lights = list(records), sum(folders.values())
    if not records:
        yield Lack(set=name, frames=lights)
    for record in records:
        for kind, shoot in missing_of(record).items():
            yield Lack(set=record["set"], kind=kind, shoot=shoot, frames=lights)


def _unequal(
    ledger: Ledger, lights: Mapping[str, Mapping[str, int]], chosen: Mapping[str, Iterable[Record]]
) -> set[str]:
    """DATE folders in which other masters lie, by the ledger, than the lights there were accepted with.

    So it is where a run was killed, where lights were moved on without their masters, or where something of a
    person's is in the way.
    """
    wanted: dict[str, set[str]] = {}
    for name, folders in lights.items():
        kept = [said["sha256"] for record in chosen.get(name, ()) for said in masters_of(record).values()]
        for folder in folders:
            wanted.setdefault(folder, set()).update(kept)
    given, theirs = _given(ledger)
    lit = {date_folder(at.rpartition("/")[0]) for link in ledger.links.values() if (at := lies_at(link))}
    wrong = {
        folder
        for folder, kept in wanted.items()
        if kept - theirs.get(folder, set()) != given.get(folder, set()) - theirs.get(folder, set())
    }
    ends = {link.rpartition("/")[0] for link, record in ledger.masters.items() if is_open_end(record)}
    return wrong | ends | {folder for folder in given if folder not in lit}


def _given(ledger: Ledger) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """By DATE folder, the masters that lie there, and those a person took out."""
    given: dict[str, set[str]] = {}
    theirs: dict[str, set[str]] = {}
    for link, record in ledger.masters.items():
        folder, sha256 = link.rpartition("/")[0], str(record.get("sha256", ""))
        if record["event"] == "master_given":
            given.setdefault(folder, set()).add(sha256)
        elif record.get("by_person"):
            theirs.setdefault(folder, set()).add(sha256)
    return given, theirs


def is_light(stored: str) -> bool:
    """True for a frame that is stored as a light; what a correction made of it is its set's affair."""
    address = read_address(stored)
    return address is not None and address.kind == Kind.LIGHT
