"""What the ledger says of a set's calibration: wanted when lights are accepted or a person asks, waiting, done."""

from __future__ import annotations

from pipeline.model.calibrated import Calibration
from pipeline.model.frames import Kind
from pipeline.rules.calibration_due import DONE, LEFT, WANTED, policy_digest
from pipeline.rules.layout import calibrated_folder
from pipeline.world import ledger
from pipeline.world.looking import SetNow
from pipeline.world.moments import not_before


def say(now: SetNow, state: str, why: str = "", *, asked: bool = False) -> None:
    """Write down how a set's calibration stands."""
    said = Calibration(
        when=not_before(now.book.floor),
        set=now.frames.id,
        state=state,
        asked=asked,
        policy=policy_digest(now.rig.calibrate),
        why=why,
    )
    ledger.write(now.book.library.root, now.book.owner, now.book.night, [said])


def want(now: SetNow) -> None:
    """Before lights are accepted: the set is to be calibrated, whatever happens to this run."""
    record = now.book.ledger.calibration.get(now.frames.id)
    is_known = record is not None and record.get("state") == WANTED
    if now.frames.kind is Kind.LIGHT and now.rig.calibrate.enabled and not is_known:
        say(now, WANTED)


def ask(now: SetNow) -> None:
    """A person asks for it, also where other masters were used before."""
    say(now, WANTED, asked=True)


def let_be(now: SetNow) -> None:
    """A person takes that back: what was calibrated before is looked after as ever."""
    has_copies = (now.book.library.root / calibrated_folder(now.frames.data)).is_dir()
    say(now, DONE if has_copies else LEFT)
