"""`doit rig --new NAME`: a file for a rig nobody described, from what its waiting frames say; and its undo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pipeline.model.answers import Answer, Context
from pipeline.model.errors import ConfigError, UserError
from pipeline.model.records import Decision
from pipeline.model.rigs import Camera, Rig
from pipeline.rules.likeness import looks_alike, nearest_to, train_of
from pipeline.rules.phrases import listed
from pipeline.rules.profiles import RigParts
from pipeline.rules.rig_draft import Policies, RigFacts, compose_draft, facts_of, policies_of
from pipeline.rules.rigfiles import rig_key, split_rig_name
from pipeline.rules.spoken import counted
from pipeline.rules.typed import as_typed
from pipeline.world import rig_files, rig_folder
from pipeline.world.lock import Lock
from pipeline.world.rig_ground import NEW, Ground, belongs_to, stand_on, unknown
from pipeline.world.selected import require_library


def make_rig(name: str, like: str, context: Context) -> Answer:
    """Write the rig's file.

    Args:
        name: `<optic>@f<ratio>+<camera>`.
        like: A known rig whose policies it takes over; empty: none.
        context: Where it was typed.
    """
    parts = _parts(name)
    with Lock(require_library(context.library), command="doit rig --new"):
        ground = stand_on(context.library, context.environment, context.folder)
        _require_unknown(parts, ground)
        policies = _policies(ground.rig_called(like), ground) if like else None
        facts = _facts(parts, ground)
        text = compose_draft(parts, facts, datetime.now().astimezone().date(), policies)
        file = f"{parts.stem}.toml"
        rig = rig_folder.check_rig(file, text, ground.active)
        rig_folder.require_peace(ground.configuration, file, rig)
        copied = rig_folder.take_over(ground.folder, ground.active)
        try:
            rig_files.create(ground.folder / file, text)
        except ConfigError:
            rig_folder.give_back(ground.folder, copied, made=ground.makes_folder)
            raise
        sha256 = rig_folder.digest(text.encode())
        values = {"file": file, "sha256": sha256, "copied": copied, "made": ground.makes_folder}
        decision = ground.decide(NEW, rig.name, values)
    return _told(rig.name, ground, facts, decision, like)


def unmake_rig(name: str, context: Context) -> Answer:
    """Take a file that `--new` wrote away again, as long as nothing hangs on it."""
    with Lock(require_library(context.library), command="doit rig --new --undo"):
        ground = stand_on(context.library, context.environment, context.folder)
        decision = _made(name, ground)
        path = ground.folder / str(decision.values.get("file"))
        stored = ground.stored_under(decision.subject)
        if stored:
            raise UserError(
                f"{path} stays: {decision.subject} has {counted(stored, 'frame')} stored under it."
            )
        if path.is_file() and rig_folder.digest_of(path) != decision.values.get("sha256"):
            raise UserError(f"{path} was edited since it was made. Delete it yourself if you mean it.")
        path.unlink(missing_ok=True)
        as_before = ground.give_back()
        ground.undo(decision)
    lines = [f"{decision.subject} is no known rig any more; {path} was removed."]
    if as_before:
        lines.append(f"{ground.folder} is gone, too: the settings that came with Nightbuild hold again.")
    return Answer(sentences=tuple(lines), data={"rig": decision.subject, "file": str(path), "did": "removed"})


def _parts(name: str) -> RigParts:
    """The parts of a name a person typed; UserError where it is none."""
    parts = split_rig_name(" ".join(name.split()))
    if parts is None:
        raise UserError(
            f"{name!r} names no rig: write <optic>@f<ratio>+<camera>, the focal ratio as a number, such as "
            "C8E@f10.0+ASI2600MM."
        )
    optic, ratio, camera = parts[0].strip(), parts[1], parts[2].strip()
    if not optic or not camera or not name.isprintable():
        raise UserError(f"{name!r} names no rig: optic and camera need a name of letters that can be shown.")
    if not 0.3 <= ratio <= 100:
        raise UserError(f"{name!r}: a focal ratio of {ratio:g} is none; expected 0.3 to 100.")
    return RigParts(optic, round(ratio, 2), camera)


def _require_unknown(parts: RigParts, ground: Ground) -> None:
    for rig in ground.configuration.rigs:
        if rig_key(rig.name) == rig_key(parts.name):
            file = rig_files.file_of(rig.name, ground.configuration.files)
            raise UserError(f"{rig.name} is a known rig; its file is {file}")


def _policies(rig: Rig, ground: Ground) -> Policies:
    file = rig_files.file_of(rig.name, ground.configuration.files)
    return policies_of(rig_files.read_text(file), str(file))


def _facts(parts: RigParts, ground: Ground) -> RigFacts:
    rig = Rig(
        name=parts.name, optic=parts.optic, focal_ratio=parts.focal_ratio, camera=Camera(name=parts.camera)
    )
    waiting = ground.waiting(lambda frame: belongs_to(frame, rig))
    return facts_of([arrival.frame for arrival in waiting if arrival.frame is not None])


def _made(name: str, ground: Ground) -> Decision:
    found = [one for one in ground.holding(NEW) if rig_key(one.subject) == rig_key(name)]
    if found:
        return found[-1]
    rig = ground.rig_called(name)
    file = rig_files.file_of(rig.name, ground.configuration.files)
    raise UserError(f"{rig.name} was not made by `doit rig --new`, so it stays. Its file is {file}")


def _told(name: str, ground: Ground, facts: RigFacts, decision: Decision, like: str) -> Answer:
    left = len(unknown(ground.look_again()))
    freed = len(unknown(ground.seen)) - left
    path = ground.folder / str(decision.values["file"])
    return Answer(
        sentences=(f"{name}: a new rig; its file is {path}", *_filled(facts, freed, like)),
        closing=tuple(_remarks(name, ground, decision)),
        data={
            "rig": name,
            "file": str(path),
            "did": "written",
            "frames": facts.frames,
            "freed": freed,
            "copied": rig_folder.names_of(_copied(decision)),
            "nearest": nearest_to(train_of(name), [rig.name for rig in ground.configuration.rigs]),
            "undo": f"doit rig --new {as_typed(name)} --undo",
        },
    )


def _filled(facts: RigFacts, freed: int, like: str) -> Iterator[str]:
    if facts.frames:
        yield f"  filled from {facts}"
    else:
        yield "  no waiting frame is of it; what its name does not say, you know"
    if like:
        yield f"  judged as {like} is"
    if freed:
        yield f"  the next `doit` stores {counted(freed, 'frame')} that waited for it"


def _remarks(name: str, ground: Ground, decision: Decision) -> Iterator[str]:
    copied = rig_folder.names_of(_copied(decision))
    if _copied(decision):
        yield (
            f"{ground.folder} held no settings of your own, so those that came with Nightbuild were copied there "
            f"and go on holding, as yours to edit or delete: {listed(copied)}."
        )
    alike = nearest_to(train_of(name), [rig.name for rig in ground.configuration.rigs])
    if alike is not None and looks_alike(train_of(name), alike):
        undo = f"`doit rig --new {as_typed(name)} --undo`"
        alias = f"`doit rig --alias {as_typed(name)} {as_typed(alike)}`"
        yield f"It looks much like {alike}. Should it be that one under another name: {undo}, then {alias}."
    yield f"To take it back: `doit rig --new {as_typed(name)} --undo`, before frames are stored under it."


def _copied(decision: Decision) -> dict[str, str]:
    copied = decision.values.get("copied")
    return copied if isinstance(copied, dict) else {}
