"""Which sets are to be calibrated, and which of their lights: by the ledger, the rig and what was made before.

    accepted while the rig asks for it, or `doit calibrate` ─▶ wanted ─▶ done
                                                                 └▶ waits (a required master lacks, or less was used)

A set that was accepted before its rig asked for calibration is finished work, and is left alone.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from pipeline.model.calibrated import CalibratedLight, Calibration, CalibrationProgress
from pipeline.model.calibration import Calibrate
from pipeline.model.frames import Kind
from pipeline.rules.lacking import is_light, set_of
from pipeline.rules.ledger import Ledger, Record
from pipeline.rules.positions import Place, lies_at, stage_of

CALIBRATE = "calibrate"
"""The kind of decision a person's asking is."""
WANTED, WAITS, DONE, LEFT = "wanted", "waits", "done", "left"
"""`left`: asked for, and taken back before anything was done."""
CHANGED = "is not the master that was chosen"
"""Why a set waits whose master was changed in place: nothing is tried until it is matched anew, or asked for."""
HASH_DIGITS = 16
"""Of a master's SHA-256, in headers and manifests."""
_MISSED = (Kind.DARK, Kind.FLAT)
"""Without these a light is calibrated with less, and once more when they come."""
_WITHOUT = "no "
_SUFFIX = re.compile(r"(~\d+)?(~of [^/]*)?$")
"""What tells sets apart that share a folder."""


def lights_to_copy(ledger: Ledger) -> tuple[tuple[str, str, int], ...]:
    """Each set that is calibrated or is to be, a folder its lights lie in, and how many do.

    Of two sets that share a folder the first is told all of them.
    """
    sets = sorted(name for name, record in ledger.calibration.items() if record.get("state") != LEFT)
    by_folder: dict[str, str] = {}
    for name in sets:
        by_folder.setdefault(_SUFFIX.sub("", name), name)
    lying: Counter[tuple[str, str]] = Counter()
    for link in ledger.links.values() if sets else ():
        at = lies_at(link)
        if stage_of(at) is Place.DATA and is_light(link.stored):
            lying[by_folder.get(set_of(link), ""), at.rpartition("/")[0]] += 1
    return tuple((*key, number) for key, number in sorted(lying.items()) if key[0])


def open_calibrations(ledger: Ledger) -> tuple[tuple[str, str, str], ...]:
    """Each set that is not done: its name, its state, what its rig asked for; one whose masters changed is wanted."""
    found = []
    for name, record in ledger.calibration.items():
        state = record.get("state")
        if state == WAITS and is_matched_since(ledger, name, record):
            state = WANTED
        if state in {WANTED, WAITS}:
            found.append((name, str(state), str(record.get("policy", ""))))
    return tuple(sorted(found))


def is_matched_since(ledger: Ledger, set_id: str, record: Record) -> bool:
    """True when a set's masters were chosen after this was said of its calibration."""
    matched = ledger.matched.get(set_id)
    return matched is not None and str(matched.get("when", "")) > str(record.get("when", ""))


def waits_for_bytes(ledger: Ledger, set_id: str, record: Record) -> bool:
    """True when one of the set's masters was found changed, and nobody has spoken since."""
    return (
        record.get("state") == WAITS
        and CHANGED in str(record.get("why", ""))
        and not is_matched_since(ledger, set_id, record)
    )


def is_without(why: str) -> bool:
    """True for a set that was calibrated with less, by why it waits; not where it lacks a required master."""
    return why.startswith(_WITHOUT)


def without_words(words: Iterable[str]) -> str:
    """Why a set waits that is calibrated with less."""
    return ", ".join(f"{_WITHOUT}{word}" for word in words)


def policy_digest(policy: Calibrate) -> str:
    """What a rig asks for, in a few letters."""
    return hashlib.sha256(repr(policy).encode()).hexdigest()[:HASH_DIGITS]


def shortened(masters: Mapping[Kind, str]) -> dict[str, str]:
    """Masters as manifests and headers name them."""
    return {kind.value: sha256[:HASH_DIGITS] for kind, sha256 in masters.items()}


def is_due(
    row: CalibratedLight | None,
    basis: str,
    masters: Mapping[Kind, str],
    policy: Calibrate,
    *,
    asked: bool,
) -> bool:
    """True when a light is to be calibrated, or calibrated again.

    Args:
        row: What was made of it; None: nothing, or its copy is gone.
        basis: A digest of all it would be made from now.
        masters: The masters it would be calibrated with, by raw kind: their SHA-256.
        policy: What its rig asks for.
        asked: A person asked for it.
    """
    if row is None:
        return True
    if row.basis == basis:
        return row.withheld and not fails(row.score, policy)
    has_same_masters = dict(row.masters) == shortened(masters)
    if asked or has_same_masters or row.withheld or row.trouble or policy.on_new_master == "all":
        return True
    came = {kind.value for kind in _MISSED if kind in masters} - row.masters.keys()
    return policy.on_new_master == "missing" and bool(came)


def fails(score: float, policy: Calibrate) -> bool:
    """True when a file of this score is withheld."""
    return policy.quality_check and score < policy.min_score


def missed(masters: Mapping[Kind, object]) -> list[str]:
    """What a light is calibrated without, as a person says it."""
    return [kind.value.lower() for kind in _MISSED if kind not in masters]


def progress_of(rows: Sequence[CalibratedLight], accepted: int) -> CalibrationProgress:
    """How far a set's calibration is."""
    made = [row for row in rows if row.size]
    used = Counter(f"{kind} {sha256}" for row in made for kind, sha256 in row.masters.items())
    return CalibrationProgress(
        accepted=accepted,
        calibrated=len(made),
        withheld=sum(row.withheld for row in rows),
        failed=sum(bool(row.trouble) for row in rows),
        percent=round(100 * len(made) / accepted, 1) if accepted else 0.0,
        score=median(row.score for row in made) if made else None,
        masters=dict(sorted(used.items())),
    )


def calibration_words(said: Calibration) -> str:
    """How a set's calibration stood, as a sentence ends."""
    if said.state == WANTED:
        return "is to be calibrated, a person asked for it" if said.asked else "is to be calibrated"
    if said.state == WAITS:
        return f"calibration waits{f': {said.why}' if said.why else ''}"
    return "is calibrated" if said.state == DONE else "is not calibrated after all"
