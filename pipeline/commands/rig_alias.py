"""`doit rig --alias WRITTEN KNOWN`: frames written as one rig belong to another; and its undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import ConfigError, UserError
from pipeline.model.frames import Frame
from pipeline.model.records import Decision
from pipeline.model.rigs import Alias, Rig, Span
from pipeline.rules.likeness import Train, train_of
from pipeline.rules.recognise import near
from pipeline.rules.rig_alias import NewAlias, Splice, add_aliases, remove_aliases
from pipeline.rules.rigfiles import rig_key
from pipeline.rules.spoken import counted
from pipeline.rules.targets import target_key
from pipeline.rules.typed import as_typed
from pipeline.world import rig_files, rig_folder
from pipeline.world.lock import Lock
from pipeline.world.rig_ground import ALIAS, Ground, stand_on, unknown
from pipeline.world.selected import require_library


def add_alias(written: str, known: str, since: date | None, until: date | None, context: Context) -> Answer:
    """Tell the known rig's file the other names of its optic and camera.

    Args:
        written: The rig as its frames write it, `C8@f10.0+ASI2600MM`, or without its ratio.
        known: The rig they belong to.
        since: The first night on which it was so; None: always was.
        until: The first night on which it no longer was; None: still is.
        context: Where it was typed.
    """
    if since and until and since >= until:
        raise UserError(f"--until {until} is not later than --from {since}.")
    with Lock(require_library(context.library), command="doit rig --alias"):
        ground = stand_on(context.library, context.environment, context.folder)
        rig = ground.rig_called(known)
        aliases = _missing(_train(written, rig), rig, Span(valid_from=since, valid_to=until))
        if not aliases:
            return _same(written, rig, ground)
        path, text = _file(rig, ground)
        new, splices = add_aliases(text, aliases, str(path))
        changed = rig_folder.check_rig(path.name, new, ground.active)
        rig_folder.require_peace(ground.configuration, path.name, changed)
        copied = rig_folder.take_over(ground.folder, ground.active)
        target = ground.folder / path.name
        try:
            rig_files.save_text(target, new)
        except ConfigError:
            rig_folder.give_back(ground.folder, copied, made=ground.makes_folder)
            raise
        values = {"written": written, "file": path.name, "copied": copied, **_as_values(aliases, splices)}
        values["made"] = ground.makes_folder
        decision = ground.decide(ALIAS, rig.name, values)
    return _told(written, rig, target, aliases, decision, ground)


def drop_alias(written: str, known: str, context: Context) -> Answer:
    """Take exactly that alias out of the file again."""
    with Lock(require_library(context.library), command="doit rig --alias --undo"):
        ground = stand_on(context.library, context.environment, context.folder)
        rig = ground.rig_called(known)
        decision = _added(written, rig, ground)
        path = ground.folder / str(decision.values.get("file"))
        aliases, splices = _from_values(decision)
        text = rig_files.read_text(path)
        new = remove_aliases(text, aliases, splices, str(path))
        rig_folder.require_peace(
            ground.configuration, path.name, rig_folder.check_rig(path.name, new, ground.active)
        )
        rig_files.save_text(path, new)
        as_before = ground.give_back()
        ground.undo(decision)
    gone = ", ".join(f"{alias.name} ({alias.kind})" for alias in aliases)
    lines = [f"{rig.name} does not go by {gone} any more; {path} is as it was before."]
    if text == new:
        lines = [f"{path} did not hold {gone} any more; nothing was changed."]
    if as_before:
        lines = [f"{rig.name} does not go by {gone} any more; {ground.folder} held nothing else and is gone."]
    return Answer(sentences=tuple(lines), data={"rig": rig.name, "file": str(path), "did": "removed"})


def _train(written: str, rig: Rig) -> Train:
    """What was written, as far as an alias can help."""
    train = train_of(" ".join(written.split()))
    if not train.optic or not train.camera or not written.isprintable():
        raise UserError(f"{written!r}: write optic and camera, as in `doit rig`: <optic>@f<ratio>+<camera>.")
    if train.focal_ratio is not None and not near(train.focal_ratio, rig.focal_ratio):
        raise UserError(
            f"{written} is at f/{train.focal_ratio:g}, {rig.name} at f/{rig.focal_ratio:g}: that is another rig. "
            f"`doit rig --new {as_typed(written)}` makes one."
        )
    return train


def _missing(train: Train, rig: Rig, span: Span) -> list[NewAlias]:
    """The names of optic and camera that the rig's file does not know on all these nights."""
    pairs = (
        ("optic", train.optic, (Alias(name=rig.optic), *rig.optic_aliases)),
        ("camera", train.camera, (Alias(name=rig.camera.name), *rig.camera_aliases)),
    )
    return [
        NewAlias(kind=kind, name=name, valid_from=span.valid_from, valid_to=span.valid_to)
        for kind, name, known in pairs
        if not any(target_key(one.name) == target_key(name) and _covers(one, span) for one in known)
    ]


def _covers(one: Span, span: Span) -> bool:
    begins = (one.valid_from or date.min) <= (span.valid_from or date.min)
    return begins and (span.valid_to or date.max) <= (one.valid_to or date.max)


def _file(rig: Rig, ground: Ground) -> tuple[Path, str]:
    path = rig_files.file_of(rig.name, ground.configuration.files)
    return path, rig_files.read_text(path)


def _as_values(aliases: list[NewAlias], splices: list[Splice]) -> dict[str, Any]:
    named = [
        {"kind": a.kind, **{key: value if key == "name" else str(value) for key, value in a.table.items()}}
        for a in aliases
    ]
    return {"aliases": named, "edits": [[s.at, s.old, s.new] for s in splices]}


def _from_values(decision: Decision) -> tuple[list[NewAlias], list[Splice]]:
    named: Any = decision.values.get("aliases")
    edits: Any = decision.values.get("edits")
    try:
        aliases = [
            NewAlias(
                kind=a["kind"], name=a["name"], valid_from=_day(a, "valid_from"), valid_to=_day(a, "valid_to")
            )
            for a in named
        ]
        return aliases, [Splice(int(at), str(old), str(new)) for at, old, new in edits]
    except (TypeError, KeyError, ValueError):
        raise UserError(f"The decision {decision.id} cannot be read; take the alias out by hand.") from None


def _day(table: dict[str, str], key: str) -> date | None:
    return date.fromisoformat(table[key]) if key in table else None


def _added(written: str, rig: Rig, ground: Ground) -> Decision:
    """The latest decision that made this alias and holds."""
    asked = rig_key(" ".join(written.split()))
    for one in reversed(ground.holding(ALIAS)):
        if one.subject == rig.name and rig_key(str(one.values.get("written"))) == asked:
            return one
    path = rig_files.file_of(rig.name, ground.configuration.files)
    raise UserError(f"`doit rig --alias` did not tell {rig.name} of {written}; its aliases stand in {path}")


def _same(written: str, rig: Rig, ground: Ground) -> Answer:
    path = rig_files.file_of(rig.name, ground.configuration.files)
    line = f"{written} is {rig.name} already; {path} says so."
    return Answer(sentences=(line,), data={"rig": rig.name, "file": str(path), "did": "same"})


def _told(
    written: str, rig: Rig, path: Path, aliases: list[NewAlias], decision: Decision, ground: Ground
) -> Answer:
    after = unknown(ground.look_again())
    freed = len(unknown(ground.seen)) - len(after)
    left = sum(a.frame is not None and _is_written(a.frame, written) for a in after)
    copied: Any = decision.values.get("copied")
    typed = f"doit rig --alias {as_typed(written)} {as_typed(rig.name)} --undo"
    return Answer(
        sentences=(
            f"{rig.name}: {path} was updated",
            *(f"  + {alias.kind}_aliases gets {alias.item}" for alias in aliases),
            *_followers(freed, left),
        ),
        closing=(
            *([_COPIED.format(folder=ground.folder)] if copied else []),
            f"To take it back: `{typed}`",
        ),
        data={
            "rig": rig.name,
            "file": str(path),
            "did": "updated",
            "freed": freed,
            "left": left,
            "undo": typed,
        },
    )


_COPIED = (
    "{folder} held no settings of your own, so those that came with Nightbuild were copied there "
    "and go on holding, as yours to edit or delete."
)


def _followers(freed: int, left: int) -> Iterator[str]:
    if freed:
        yield f"  the next `doit` stores {counted(freed, 'frame')} that waited for it"
    if left:
        yield f"  {counted(left, 'frame')} written so still waiting: of other nights, or of another focal ratio"


def _is_written(frame: Frame, written: str) -> bool:
    return frame.rig is not None and rig_key(frame.rig) == rig_key(written)
