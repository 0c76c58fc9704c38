"""`doit rig X.profile`: a rig file from NINA profiles, or what an existing one lacks. `commands/rig` asks here."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import ConfigError, NightbuildError
from pipeline.model.library import Configuration
from pipeline.model.rigs import Rig
from pipeline.rules.clashes import find_clashes
from pipeline.rules.escape import escape
from pipeline.rules.layout import path_warning
from pipeline.rules.profiles import Driven, group_by_rig, remarks_on, site_names
from pipeline.rules.rig_text import compose
from pipeline.rules.rig_update import update
from pipeline.world import rig_files, rig_folder
from pipeline.world.configuration import read_folder
from pipeline.world.nina_profile import find_profiles, read_profiles

_NAMELESS = "names no rig: call the profile <optic>@f<ratio>+<camera> in NINA, such as C8E@f10.0+ASI2600MM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one rig."""

    rig: str
    did: str
    """`written`, `updated`, `differs`, `same` or `refused`."""
    file: str
    profiles: tuple[str, ...]
    changes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, and where."""

    folder: Path
    configuration: Configuration
    library: Path | None
    on: date
    may_update: bool


def from_profiles(arguments: argparse.Namespace, context: Context) -> Answer:
    """Read the profiles, and write, update or compare the rig files they belong to."""
    folder = rig_folder.writable_folder(context.library, context.environment, context.folder)
    configuration = read_folder(folder, context.library)
    profiles, unread = read_profiles(_files(arguments.profiles, context.folder))
    driven, nameless = group_by_rig(profiles, configuration.rigs)
    unread += [f'{profile.path}: "{profile.name}" {_NAMELESS}' for profile in nameless]
    order = Order(
        folder=folder,
        configuration=configuration,
        library=context.library,
        on=arguments.on or tonight(datetime.now().astimezone()),
        may_update=arguments.update,
    )
    return _answer([settle(one, order) for one in driven], unread, folder)


def tonight(now: datetime) -> date:
    """The evening's date; after midnight it is still the same night."""
    return (now - timedelta(hours=12)).date()


def settle(driven: Driven, order: Order) -> Outcome:
    """Do for one rig what can be done; what is wrong with it stops no other."""
    rig, files = driven.rig, order.configuration.files
    path = rig_files.file_of(rig.name, files) if rig else order.folder / f"{driven.parts.stem}.toml"
    outcome = Outcome(
        rig=rig.name if rig else driven.parts.name,
        did="same",
        file=str(path),
        profiles=tuple(profile.path for profile in driven.profiles),
        remarks=tuple(remarks_on(driven, order.configuration.library.sites)),
    )
    try:
        return _compare(driven, path, outcome, order) if rig else _write(driven, path, outcome, order)
    except NightbuildError as error:
        return replace(outcome, did="refused", remarks=(str(error),))


def _write(driven: Driven, path: Path, outcome: Outcome, order: Order) -> Outcome:
    known = site_names(driven.profiles, order.configuration.library.sites)
    text = compose(driven.parts, driven.profiles, order.on, known)
    rig = rig_folder.check_rig(path.name, text, order.folder)
    now = read_folder(order.folder)  # another profile of this run may have made a rig
    rigs = {f"{escape(one.name)}.toml": one for one in now.rigs} | {path.name: rig}
    for _, flaw in find_clashes(now.library, rigs):
        raise ConfigError(str(path), flaw.key, f"was not written: {flaw.expected}")
    rig_files.create(path, text)
    remarks = (*outcome.remarks, *_first_remarks(rig, order))
    return replace(outcome, did="written", remarks=remarks)


def _first_remarks(rig: Rig, order: Order) -> Iterator[str]:
    if not order.configuration.files:
        yield f"from now on the settings in {order.folder} hold, in place of those that came with Nightbuild"
    warning = path_warning(str(order.library), rig.name) if order.library else None
    if warning:
        yield warning


def _compare(driven: Driven, path: Path, outcome: Outcome, order: Order) -> Outcome:
    text = rig_files.read_text(path)
    new = update(text, driven.profiles, order.on, str(path))
    outcome = replace(outcome, changes=new.changes, remarks=(*outcome.remarks, *new.remarks))
    if not new.changes:
        return outcome
    rig_folder.check_rig(path.name, new.text, order.folder)
    if not order.may_update:
        return replace(outcome, did="differs")
    rig_files.save_text(path, new.text)
    return replace(outcome, did="updated")


def _files(given: Iterable[str], folder: Path) -> list[Path]:
    return list(dict.fromkeys(path for place in given for path in _in(folder / place)))


def _in(place: Path) -> list[Path]:
    found = find_profiles(place)
    if not found:
        raise ConfigError(str(place), "", "holds no .profile file")
    return found


def _answer(outcomes: Sequence[Outcome], unread: Sequence[str], folder: Path) -> Answer:
    told = {outcome.did for outcome in outcomes}
    waits = unread or told & {"differs", "refused"}
    done = told - {"refused"}
    advice = ("The same command with --update adds the lines marked +.",) if "differs" in told else ()
    return Answer(
        sentences=tuple(line for outcome in outcomes for line in _lines(outcome)),
        closing=(*(f"Not read: {sentence}" for sentence in unread), *advice),
        data=_as_data(outcomes, unread, folder),
        exit_code=(WAITS if done else CANNOT) if waits else OK,
    )


_SAID: Mapping[str, str] = {
    "written": "a new rig; its file is {file}",
    "updated": "{file} was updated",
    "differs": "{file} lacks what the profile has",
    "same": "{file} has all of it",
    "refused": "nothing was written",
}


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"{outcome.rig}: {_SAID[outcome.did].format(file=outcome.file)}"
    yield from (f"  + {change}" for change in outcome.changes)
    yield from (f"  note: {remark}" for remark in outcome.remarks)


def _as_data(outcomes: Sequence[Outcome], unread: Sequence[str], folder: Path) -> dict[str, object]:
    return {
        "folder": str(folder),
        "rigs": [asdict(outcome) for outcome in outcomes],
        "not_read": list(unread),
    }
