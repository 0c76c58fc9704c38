"""Whose corrections a frame hears: its own, its set's, its night's; the nearer outranks, then the later.

    the file, by stored path or by the inbox name it came under
      > its folders, the deeper first: a set below 00_Frames, a folder of an inbox
        > its night of its rig > its night

What was said of a file in an inbox is heard for ever by the frame it was stored as, and by no later file that happens
to come under the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from pipeline.model.frames import Evidence, Frame, Problem
from pipeline.model.records import About, Decision, StoredFact
from pipeline.model.survey import Found
from pipeline.rules.corrections import CORRECT, as_evidence, fitting, misread, overlaid
from pipeline.rules.decisions import Decisions
from pipeline.rules.identity import Clues, Known, identify
from pipeline.rules.ledger import Ledger
from pipeline.rules.records import moment_text
from pipeline.rules.rigfiles import rig_key

SIZE, MTIME_NS = "size", "mtime_ns"
"""Kept in the decision on an inbox file: which file of that name it speaks of."""

_Said = dict[str, list[Decision]]


def inbox_subject(inbox: str, original: str) -> str:
    """How a decision names a file or folder in an inbox."""
    return f"{inbox}/{original}"


def night_subject(night: date, rig: str | None = None) -> str:
    """How a decision names a night: `2026-01-14`, or that of one rig or camera: `2026-01-14/<rig>`."""
    return f"{night.isoformat()}/{rig}" if rig else night.isoformat()


@dataclass(slots=True, kw_only=True)
class Corrections:
    """All that holds, ready to be asked for many frames. Made by `heed`."""

    said: dict[About, _Said] = field(default_factory=dict)
    """By what it speaks of and subject, the oldest first."""
    notes: tuple[Problem, ...] = ()
    """Decisions that cannot be heard."""
    _order: dict[str, int] = field(default_factory=dict)
    _since: dict[str, list[str]] = field(default_factory=dict)
    """Inbox subject to when files of that name were received."""
    _nights: dict[str, list[tuple[str, list[Decision]]]] = field(default_factory=dict)
    """Night to what was said of it: a rig, or empty for all of them, and its decisions."""
    _heard: dict[tuple[About, str], Evidence | None] = field(default_factory=dict)
    """Folder to what was said of it and those above: worked out when first asked."""

    def of_found(self, found: Found) -> Evidence | None:
        """What a file in an inbox hears of itself and its folders."""
        inbox = self.said.get(About.INBOX)
        if not inbox:
            return None
        subject = inbox_subject(found.inbox, found.original)
        own = [d for d in inbox.get(subject, ()) if self._is_of_waiting(d, found)]
        return overlaid(_merged(own), self._folders(About.INBOX, subject))

    def of_stored(self, fact: StoredFact) -> Evidence | None:
        """What a stored frame hears of itself, its set and where it came from."""
        if not self.said:
            return None
        origin = inbox_subject(fact.inbox, fact.original)
        own = list(self.said.get(About.FRAME, {}).get(fact.stored, ()))
        came = [d for d in self.said.get(About.INBOX, {}).get(origin, ()) if self._is_of_stored(d, fact)]
        own = sorted([*own, *came], key=lambda d: self._order[d.id]) if own and came else own or came
        folders = (self._folders(About.SET, fact.stored), self._folders(About.INBOX, origin))
        return overlaid(_merged(own), *folders) if own or any(folders) else None

    def of_night(self, frame: Frame) -> Evidence | None:
        """What a frame hears of its night, once its night and rig are known."""
        if not self._nights or frame.night is None or frame.night.isoformat() not in self._nights:
            return None
        said = overlaid(*self._of_night(frame.night.isoformat(), frame))
        return fitting(said, frame.kind) if said is not None else None

    def identify(self, clues: Clues, known: Known) -> Frame:
        """The frame, with what its night says heard after what was said of the file (`clues.corrections`)."""
        return self.after_night(clues, identify(clues, known), known)

    def after_night(self, clues: Clues, frame: Frame, known: Known) -> Frame:
        """The frame as it is when its night's corrections are heard too."""
        said = self.of_night(frame)
        return (
            frame
            if said is None
            else identify(replace(clues, corrections=overlaid(clues.corrections, said)), known)
        )

    def _of_night(self, night: str, frame: Frame) -> Iterator[Evidence | None]:
        """What was said of its rig's night, then of the night of all."""
        owners = {rig_key(name) for name in (frame.rig, frame.camera) if name}
        heard = self._nights.get(night, ())
        yield from (
            _merged(said, "of the rig's night") for rig, said in heard if rig and rig_key(rig) in owners
        )
        yield from (_merged(said, "of the night") for rig, said in heard if not rig)

    def _folders(self, about: About, path: str) -> Evidence | None:
        """What was said of the folders above a path, the deepest first; thousands of frames share theirs."""
        if about not in self.said:
            return None
        key = about, path.rpartition("/")[0]
        if key not in self._heard:
            place = "of the set" if about is About.SET else "of the inbox folder"
            said = (_merged(self.said[about].get(folder, ()), place) for folder in folders_above(path))
            self._heard[key] = overlaid(*said)
        return self._heard[key]

    def _is_of_waiting(self, decision: Decision, found: Found) -> bool:
        """True unless the file it spoke of was stored since, and this is another of the same name."""
        spoken = decision.values.get(SIZE), decision.values.get(MTIME_NS)
        if spoken == (found.size, found.mtime_ns):
            return True
        when = moment_text(decision.when)
        return all(since < when for since in self._since.get(decision.subject, ()))

    def _is_of_stored(self, decision: Decision, fact: StoredFact) -> bool:
        """True for the very file it spoke of; else for the first of that name received afterwards."""
        if (decision.values.get(SIZE), decision.values.get(MTIME_NS)) == (fact.size, fact.mtime_ns):
            return True
        when = moment_text(decision.when)
        later = [since for since in self._since.get(decision.subject, ()) if since >= when]
        return bool(later) and min(later) == fact.when


def heed(decisions: Decisions, ledger: Ledger) -> Corrections:
    """Gather what holds. Nothing is looked up for a library nobody corrected."""
    said: dict[About, _Said] = {}
    notes: list[Problem] = []
    for one in decisions.of_kind(CORRECT):
        said.setdefault(one.about, {}).setdefault(one.subject, []).append(one)
        if wrong := misread(one.values):
            notes.append(
                Problem(
                    "bad-record",
                    f"the correction {one.id} of {one.subject}: {', '.join(wrong)} not understood",
                )
            )
    order = {one.id: number for number, one in enumerate(decisions.said)} if said else {}
    since = _received(ledger.stored.values(), said[About.INBOX]) if About.INBOX in said else {}
    nights: dict[str, list[tuple[str, list[Decision]]]] = {}
    for subject, found in said.get(About.NIGHT, {}).items():
        night, _, rig = subject.partition("/")
        nights.setdefault(night, []).append((rig, found))
    return Corrections(said=said, notes=tuple(notes), _order=order, _since=since, _nights=nights)


def _received(facts: Iterable[StoredFact], subjects: _Said) -> dict[str, list[str]]:
    since: dict[str, list[str]] = {}
    for fact in facts:
        subject = inbox_subject(fact.inbox, fact.original)
        if subject in subjects:
            since.setdefault(subject, []).append(fact.when)
    return since


def folders_above(path: str) -> Iterator[str]:
    """The folders a path lies in, the deepest first."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _merged(decisions: Sequence[Decision], place: str = "") -> Evidence | None:
    """Several words on one subject: of two on one key the later holds."""
    values: dict[str, object] = {}
    for one in decisions:
        values.update(one.values)
    return as_evidence(values, place) if values else None
