"""Links come and go: a set's moves done, each so that a kill at any instant loses nothing and doubles nothing.

    deliver    the link, its folder made durable, then the ledger; an existing link of the very frame is recorded
    withdraw   the proof, the ledger, then the name (world/removal)

All of it is noted before (world/unwritten): what a killed run left may be moved by a person before the next one.

Where links do not work the run stops before the first frame and says what copies would take. What is the person's is
never written over, and what cannot be done just now is done later.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from itertools import islice
from pathlib import Path

from pipeline.model.errors import FrameError, NotReachable, PassingError, UserError
from pipeline.model.records import Accepted, Delivered, LedgerEntry, Withdrawn
from pipeline.rules.deliveries import Delivery, Moves, Withdrawal
from pipeline.rules.ledger import ledger_file
from pipeline.world import ledger
from pipeline.world.files import require_inside, sweep_parts, sync_folder
from pipeline.world.links import Mode, place
from pipeline.world.looking import SetNow
from pipeline.world.moments import not_before
from pipeline.world.placeable import left_over, why_not_placed
from pipeline.world.removal import withdraw
from pipeline.world.tidying import enter_folder, is_empty, stage_folder
from pipeline.world.unwritten import noted
from pipeline.world.ways import way_to_place

BATCH = 64
"""Links between two writes of the ledger: what a kill makes the next run look at again."""
_MAY_NOT = {errno.EACCES, errno.EPERM, errno.EROFS}
_nights: dict[tuple[Path, str], threading.Lock] = {}


@contextmanager
def alone(library: Path, owner: str, night: date) -> Iterator[None]:
    """One set at a time of each night: sets may share a folder. Other processes are kept out by the library's lock."""
    with _nights.setdefault((library, ledger_file(owner, night)), threading.Lock()):
        yield


def move(now: SetNow, due: Moves, tell: Callable[[int, int], None] = lambda _done, _of: None) -> list[str]:
    """Deliver, withdraw, and finish what a killed run had begun; sentences about what stays as it is.

    Raises:
        UserError, NotReachable, PassingError: not all could be done; what was is in the ledger.
    """
    _require_stages(now, due.deliver)
    mode = way_to_place(now, due.deliver)
    behind = left_over(now)
    if due.is_empty and not behind:
        return list(due.left)
    with noted(now.book.library.root, now.frames, due, behind):
        gone: set[str] = set()
        left = withdraw_all(now, behind, gone, recorded=True)
        return [*due.left, *left, *_move(now, due, mode, gone, tell)]


def _move(now: SetNow, due: Moves, mode: Mode, gone: set[str], tell: Callable[[int, int], None]) -> list[str]:
    left = withdraw_all(now, due.first, gone)
    try:
        there, unplaced = deliver(now, due.deliver, mode, lambda done: tell(done, len(due.deliver)))
    except OSError as error:
        if error.errno not in _MAY_NOT:
            raise
        raise UserError(
            f"{error.filename}: cannot be written ({error.strerror}); mend that, run `doit`"
        ) from error
    left += unplaced
    gone -= {one.link for one in due.deliver}
    return left + withdraw_all(now, due.without({one.stored for one in due.deliver} - there).withdraw, gone)


def deliver(
    now: SetNow, deliveries: Sequence[Delivery], mode: Mode, tell: Callable[[int], None] = lambda _done: None
) -> tuple[set[str], list[str]]:
    """Place frames, batch by batch: which have their place now, and sentences about those that have not.

    Raises:
        UserError, NotReachable, PassingError: nothing more could be placed; what was is in the ledger.
    """
    _sweep(now.book.library.root, deliveries)
    left: list[str] = []
    there: set[str] = set()
    rest, done = iter(deliveries), 0
    while batch := list(islice(rest, BATCH)):
        with _writing(now) as placed:
            for one in batch:
                said = _place(now, one, mode, placed)
                left += [said] if said else []
        there |= {one.stored for one in placed}
        done += len(batch)
        tell(done)
    return there, left


def _sweep(root: Path, deliveries: Iterable[Delivery]) -> None:
    """What killed runs left half made; also beside the stored frames, where it is tried whether links work."""
    for folder in {(root / path).parent for one in deliveries for path in (one.link, one.stored)}:
        if folder.is_dir():
            sweep_parts(folder)


def withdraw_all(
    now: SetNow, withdrawals: Iterable[Withdrawal], gone: set[str], *, recorded: bool = False
) -> list[str]:
    """Take names away, each proven; sentences about those that stay.

    Args:
        now: The set.
        withdrawals: What is to go.
        gone: Names that were taken in this run; those taken now are added.
        recorded: True for what the ledger calls gone already.

    Raises:
        PassingError: a name is held open just now; all others are gone.
    """
    root, left, later = now.book.library.root, [], []
    for one in withdrawals:
        fact, record = now.book.ledger.stored[one.stored], _recorder(now, one, silent=recorded)
        if one.at in gone:  # two of its places had been moved together: one name, and it went
            record()
            continue
        try:
            require_inside(root, root / one.at)
            said = withdraw(root / one.at, root / one.stored, fact.sha256, record=record)
            left += [said] if said else []
            gone |= set() if said else {one.at}
        except PermissionError as error:
            later.append(
                f"{root / one.at}: held open by a program, or its folder is read-only ({error.strerror})"
            )
        except PassingError as error:
            later.append(str(error))
    if later:
        more = f" (and {len(later) - 1} more)" if len(later) > 1 else ""
        raise PassingError(f"{later[0]}; the next run tries again{more}")
    return left


def _place(now: SetNow, one: Delivery, mode: Mode, placed: list[Delivered]) -> str | None:
    """Place one frame, or say why not."""
    root = now.book.library.root
    source, target = root / one.stored, root / one.link
    require_inside(root, target)
    if not target.parent.is_dir():
        enter_folder(target.parent)
    try:
        how = place(source, target, mode, sync=False).how.value
    except FileExistsError:
        said = why_not_placed(root, one)
        if said:
            return said
        how = "found"
    except FrameError as error:
        return str(error)
    except FileNotFoundError as error:
        if not source.exists():
            return f"{source}: is missing; run `doit verify`"
        raise PassingError(f"{target}: its folder went away; the next run tries again") from error
    when = not_before(now.book.floor)
    placed.append(Delivered(when=when, link=one.link, stored=one.stored, how=how))
    return None


@contextmanager
def _writing(now: SetNow) -> Iterator[list[Delivered]]:
    """Collect what is placed; the ledger is told of it also when the batch is cut short."""
    placed: list[Delivered] = []
    root, book = now.book.library.root, now.book
    try:
        yield placed
    finally:
        for folder in {(root / one.link).parent for one in placed}:
            sync_folder(folder)
        ledger.write(root, book.owner, book.night, placed)


def _recorder(now: SetNow, one: Withdrawal, *, silent: bool) -> Callable[[], None]:
    at = one.at if one.at != one.link else ""

    def record() -> None:
        when = not_before(now.book.floor)
        entry: LedgerEntry = Withdrawn(when=when, link=one.link, stored=one.stored, why=one.why, at=at)
        if one.accepted_to is not None:
            entry = Accepted(when=when, link=one.link, stored=one.stored, to=one.accepted_to, at=at)
        if not silent:
            ledger.write(now.book.library.root, now.book.owner, now.book.night, [entry])

    return record


def _require_stages(now: SetNow, deliveries: Iterable[Delivery]) -> None:
    """Raise `NotReachable` where a stage folder that held links of this night is away, or empty as a whole."""
    root = now.book.library.root
    held = {stage_folder(link.link) for link in now.book.ledger.links.values() if link.state == "delivered"}
    for folder in sorted({stage_folder(one.link) for one in deliveries} & held):
        if is_empty(root / folder) or not (root / folder).is_dir():
            raise NotReachable(
                f"{root / folder} is gone or empty, though frames were placed there: is its disk there?"
            )
