"""The night watch: looks into the inboxes, waits until frames have settled, has the night run, and begins again.

    begin ─▶ look, listen ─▶ something new ─settled, or long enough─▶ the night ─▶ what it saw is known ─▶ look, listen

It holds no lock and writes nothing but what it remembers in `.nightbuild`: the run does, as any other run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.model.answers import CANNOT, OK, USAGE
from pipeline.model.errors import NightbuildError
from pipeline.model.record_policies import Watch
from pipeline.rules.spoken import counted
from pipeline.rules.watching_inboxes import (
    Due,
    Entry,
    Waiting,
    calm,
    due,
    failed,
    moments_of,
    notice,
    ran,
    rest_s,
)
from pipeline.world.inbox_watch import Hearing, Look, keep, look_into, remember
from pipeline.world.library import OpenLibrary, open_library
from pipeline.world.lock import holder_of
from pipeline.world.night_run import run_night
from pipeline.world.selected import require_library

BUSY_S = 5.0
"""How often it is asked whether another run has ended, or a disk is back."""
_SAID = {
    Due.SETTLED: "nothing more is coming",
    Due.LONG: "more keep coming",
    Due.AGAIN: "it is time to look again",
}


@dataclass(slots=True, kw_only=True)
class NightWatch:
    """What is known from one look to the next."""

    library: OpenLibrary
    environment: Mapping[str, str]
    say: Callable[[str], None]
    now: bool = False
    """Judge sets although their night is not over."""
    quiet: bool = False
    """Standard output is for a program: the night's lines go elsewhere."""
    waiting: Waiting = field(default_factory=Waiting)
    known: frozenset[Entry] = frozenset()
    """Files that a run has seen."""
    seen: Look = field(default_factory=Look)
    """The last look."""
    _said: str = ""

    def watch(self, *, poll: bool) -> None:
        """Look, wait, run; ended by an interrupt alone."""
        self._begin()
        moment = time.monotonic()
        self.waiting = Waiting(ran_s=moment - max(time.time() - remember(self.library).ran, 0.0))
        if self.seen.taken - self.known:
            self.waiting = notice(self.waiting, moment)
        while True:
            hearing = Hearing(self.library, poll=poll)
            try:
                self._listen(hearing)
            finally:
                hearing.close()

    def once(self) -> int:
        """Run the night if it is due by the times files and the last run bear; its exit code."""
        self._begin()
        fresh, moment, ran_s = self.seen.taken - self.known, time.time(), remember(self.library).ran
        self.waiting = Waiting(ran_s=ran_s)
        if fresh:
            first, last = moments_of(fresh)
            last = last if last <= moment else 0.0  # a clock that is wrong holds nothing up
            self.waiting = notice(self.waiting, last, since_s=max(min(first, last), ran_s))
        why = due(self.waiting, moment, self._policy)
        if why is Due.NO:
            self._tell(_nothing_due(fresh, self.seen.away))
            return OK
        if (holder := holder_of(self.library.root)) is not None:
            self._tell(f"{holder.who()} is at work: nothing is run.")
            return OK
        code = self._run(why, fresh)
        return code if OK <= code <= CANNOT else CANNOT

    @property
    def _policy(self) -> Watch:
        return self.library.configuration.library.watch

    def _begin(self) -> None:
        self.seen = look_into(self.library)
        if remember(self.library).holds(self.seen.taken):
            self.known = self.seen.taken

    def _listen(self, hearing: Hearing) -> None:
        """Until a person has written other settings."""
        looked_s = time.monotonic()
        while True:
            missed, lines = hearing.tend()
            for line in lines:
                self._tell(f"Watching  {line}")
            moment = time.monotonic()
            if missed or moment - looked_s >= hearing.every_s(self.seen.took_s):
                self._look(moment)
                looked_s = moment
            why = due(self.waiting, moment, self._policy)
            if why and self._try(moment) and self._are_settings_new():
                return
            pause_s = BUSY_S if why else rest_s(self.waiting, moment, self._policy)
            if hearing.wait(pause_s):
                self.waiting = notice(self.waiting, time.monotonic())

    def _look(self, moment: float) -> None:
        """List the inboxes; what is other than before was noticed now."""
        before, self.seen = self.seen, look_into(self.library)
        if self.seen.everything - before.everything:
            self.waiting = notice(self.waiting, moment)

    def _try(self, moment: float) -> bool:
        """Run the night unless something speaks against it; True when it was run."""
        if why_not := self._why_not():
            self._tell_once(why_not)
            return False
        self._look(moment)
        why, fresh = due(self.waiting, moment, self._policy), self.seen.taken - self.known
        if why is Due.NO:
            return False  # it was still coming
        if why is not Due.AGAIN and not fresh:
            self.waiting = calm(self.waiting)
            return False
        self._run(why, fresh)
        return True

    def _why_not(self) -> str:
        """Why no night can be run just now."""
        try:
            require_library(self.library.root)
        except NightbuildError as error:
            return f"{error} Waits for it."
        holder = holder_of(self.library.root)
        return f"{holder.who()} is at work: waits until it has ended." if holder else ""

    def _run(self, why: Due, fresh: frozenset[Entry]) -> int:
        """The night, and what is known after it."""
        before, root = self.seen, self.library.root
        self._tell(f"{_files(fresh)}{_SAID[why]}: the night is run.")
        code = run_night(root, self.environment, now=self.now, quiet=self.quiet)
        moment = time.monotonic()
        if holder_of(root) is not None:  # somebody was a blink quicker, or still is
            return code
        if code < OK or code >= USAGE:
            self.waiting = failed(self.waiting, moment, self._policy)
            self._tell(f"The night could not be run ({_ending(code)}). What came is still waiting.")
            return code
        self.seen = look_into(self.library)
        self.known, self.waiting = before.taken, ran(moment)
        if self.seen.taken - self.known:
            self.waiting = notice(self.waiting, moment)
        keep(self.library, self.seen.taken & before.taken)
        self._tell(
            "The night is done." if code == OK else "The night is done: `doit status` says what waits."
        )
        return code

    def _are_settings_new(self) -> bool:
        """True when a person wrote other ones meanwhile; what cannot be followed is said, and those of before hold."""
        try:
            found = open_library(self.library.root, self.environment)
        except (NightbuildError, OSError) as error:
            self._tell_once(f"{error} Until that is mended the settings of before hold.")
            return False
        settings, self.library = self.library.configuration.library, found
        return settings != found.configuration.library

    def _tell(self, line: str) -> None:
        self._said = ""
        self.say(f"{datetime.now().astimezone():%H:%M %Z}  {line}")

    def _tell_once(self, line: str) -> None:
        if line != self._said:
            self._tell(line)
            self._said = line


def _files(fresh: Iterable[Entry]) -> str:
    """How many new files in which inboxes."""
    numbers: dict[str, int] = {}
    for inbox, *_ in fresh:
        numbers[inbox] = numbers.get(inbox, 0) + 1
    told = ", ".join(f"{counted(number, 'new file')} in {inbox}" for inbox, number in sorted(numbers.items()))
    return f"{told}; " if told else ""


def _nothing_due(fresh: frozenset[Entry], away: Iterable[str]) -> str:
    gone = "".join(f" {name} is not there." for name in sorted(away))
    if not fresh:
        return f"Nothing new in the inboxes.{gone}"
    return f"{counted(len(fresh), 'new file')}, not settled yet: the next look takes them.{gone}"


def _ending(code: int) -> str:
    return f"ended by signal {-code}" if code < 0 else f"exit code {code}"
