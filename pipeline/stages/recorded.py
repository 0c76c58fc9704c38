"""Each stored frame's SHA-256 is taken once and written into the ledger: what it must be for ever after.

Linking a frame reads none of its bytes, so the hash rides here, on the first read of the night. A frame whose size or
time is no longer what was received is not hashed: a changed frame's hash would make the change the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.model.jobs import Job, Outcome, Work, job_name

VERSION = 1
_BATCH = 32


def plan(renamed: Iterable[Job]) -> list[Job]:
    """One job behind each night that is stored."""
    return [
        replace(
            job,
            stage="recorded",
            name=job_name("recorded", job.rig, job.night),
            doc=f"Record the SHA-256 of each frame, {job.rig}, night of {job.night}",
            settings={**job.settings, "VERSION": VERSION},
            effect="pipeline.stages.recorded:record_night",
            arguments={"owner": job.rig, "night": job.night},
            after=(job.name,),
            touches_inbox=False,
        )
        for job in renamed
    ]


def record_night(work: Work, *, owner: str, night: str) -> Outcome:
    """Hash what has no hash yet; what changed in place or is missing is said, and left to `doit verify`."""
    from pipeline.model.records import Hashed
    from pipeline.world import ledger

    evening = date.fromisoformat(night)
    known = ledger.read_night(work.library, owner, evening)
    unhashed = [known.stored[path] for path in known.unhashed()]
    hashed: list[Hashed] = []
    changed = 0
    for number, fact in enumerate(unhashed, 1):
        sha256 = _hash_unchanged(work.library / fact.stored, fact.size, fact.mtime_ns)
        if sha256 is None:
            changed += 1
        else:
            hashed.append(Hashed(when=datetime.now(UTC), stored=fact.stored, sha256=sha256))
        if len(hashed) == _BATCH or number == len(unhashed):
            ledger.write(work.library, owner, evening, hashed)
            hashed.clear()
        work.progress(number, len(unhashed))
    done = len(unhashed) - changed
    said = f"{owner}  {night}  {done} recorded" + (
        f", {changed} changed or missing: doit verify" if changed else ""
    )
    return Outcome(said if unhashed else "", {"recorded": done, "changed": changed})


def _hash_unchanged(path: Path, size: int, mtime_ns: int) -> str | None:
    """The file's hash; None where it is not as it was received."""
    from pipeline.world.files import sha256_of

    try:
        seen = path.stat()
    except FileNotFoundError:
        return None
    return sha256_of(path) if (seen.st_size, seen.st_mtime_ns) == (size, mtime_ns) else None
