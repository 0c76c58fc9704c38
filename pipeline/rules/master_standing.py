"""Whether a group's master stands as it ought to: asked without opening a frame or a master.

It stands when a master says in its header that it was made from these very frames; also a superseded, held or rejected
one, since making it again would come to the same. Masters made by hand and promoted ones stand for what they cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from pipeline.model.frames import Kind
from pipeline.model.master_groups import Group
from pipeline.model.masters import Master
from pipeline.rules.layout import base_name
from pipeline.rules.library_names import plain_path
from pipeline.rules.master_headers import Made, digest_of
from pipeline.rules.master_words import REJECTED

VERSION = 1
"""Of how masters are made: raised, those whose frames are dealt with in a run are made anew."""


@dataclass(frozen=True)
class Standing:
    """The masters there are, ready to be asked for many groups."""

    by_frames: Mapping[tuple[Kind, str], tuple[Master, Made]] = field(default_factory=dict)
    """What was made here, by the frames it was made from."""
    by_name: Mapping[str, Sequence[tuple[Master, Made]]] = field(default_factory=dict)
    """What lies under a name of a library, by that name without its suffix."""
    promoted: frozenset[str] = frozenset()
    """Paths of masters that are stored frames now."""


def stand(shelf: Iterable[tuple[Master, Made]], promoted: Iterable[str]) -> Standing:
    """The masters there are."""
    by_frames: dict[tuple[Kind, str], tuple[Master, Made]] = {}
    by_name: dict[str, list[tuple[Master, Made]]] = {}
    fixed = frozenset(promoted)
    for master, made in shelf:
        kind = master.frame.kind
        is_sound = not master.trouble or master.trouble.startswith(REJECTED)
        if made.frames and kind is not None and is_sound:
            key = kind.raw, made.frames
            if key not in by_frames or _rank(master) < _rank(by_frames[key][0]):
                by_frames[key] = master, made
        name = _first_name(master.path) if master.path in fixed else name_of(master.path)
        by_name.setdefault(name, []).append((master, made))
    return Standing(by_frames, by_name, fixed)


def name_of(path: str) -> str:
    """A master's place without its suffix."""
    folder, _, name = path.rpartition("/")
    return f"{folder}/{base_name(name)[0]}"


def _rank(master: Master) -> tuple[bool, bool, bool]:
    """Of two makings of the same frames the one that is used."""
    return bool(master.trouble), bool(master.held), master.superseded


def _first_name(path: str) -> str:
    """The name a master had before it was superseded."""
    folder, _, name = name_of(plain_path(path)).rpartition("/")
    return f"{folder}/{name.partition('_DATE_')[0]}"


def made_for(group: Group, standing: Standing) -> tuple[Master, Made] | None:
    """The master that was made here from these very frames."""
    return standing.by_frames.get((group.kind, group.digest)) if group.digest else None


def cover_of(group: Group, standing: Standing) -> Master | None:
    """The master that stands for a group without being made from it: one made by hand, or one whose raws went."""
    for master, made in standing.by_name.get(name_of(group.path), ()):
        if master.trouble or master.held:
            continue
        if (
            _is_not_older(master, group)
            if not made.is_ours
            else _has_gone_into(master, made, group, standing)
        ):
            return master
    return None


def is_due(group: Group, standing: Standing, tried: Mapping[str, str]) -> bool:
    """True when a master ought to be made, or brought back to its name.

    Args:
        group: The frames.
        standing: What there is.
        tried: Groups that were looked into and came to nothing, by their mark, with why.
    """
    if group.missing or (group.mark and group.mark in tried):
        return False
    found = made_for(group, standing)
    if found is not None:
        return is_misplaced(group, found[0]) and not is_followed(group, standing)
    return cover_of(group, standing) is None


def is_misplaced(group: Group, master: Master) -> bool:
    """True when the newest campaign's master lies among the superseded: its successor's frames were refused since."""
    return group.is_latest and master.superseded and not master.trouble


def is_followed(group: Group, standing: Standing) -> bool:
    """True when a later campaign's master has the name for good: its raw frames went."""
    named = standing.by_name.get(name_of(group.path), ())
    return any(
        master.path in standing.promoted
        and not master.superseded
        and (made.nights[1] if made.nights else master.frame.night or group.nights[1]) > group.nights[1]
        for master, made in named
    )


def how_of(group: Group) -> str:
    """A digest of how a group's master is made."""
    recipe = {key: str(value) for key, value in asdict(group.policy.recipe).items() if key != "min_frames"}
    told = [f"VERSION {VERSION}", f"backend {group.policy.backend}", repr(sorted(recipe.items()))]
    return digest_of(told)[:32]


def _has_gone_into(master: Master, made: Made, group: Group, standing: Standing) -> bool:
    """True when frames of these nights were purged once the master stood for them: the rest is not integrated alone."""
    nights = made.nights
    if nights is None or master.path not in standing.promoted:
        return False
    return nights[0] <= group.nights[0] and group.nights[1] <= nights[1]


def _is_not_older(master: Master, group: Group) -> bool:
    """True unless the frames are of a later campaign than the one a master made by hand is from."""
    night = master.frame.night
    return night is None or (group.nights[1] - night).days <= group.policy.grouping.campaign_nights
