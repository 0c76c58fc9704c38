"""What `doit status` says of NINA's schedulers: changes that wait for NINA to rest, and how old their wishes are."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.model.record_policies import SchedulerDatabase
from pipeline.rules.scheduler_wishes import rigs_of_profiles
from pipeline.rules.spoken import counted
from pipeline.rules.waiting import NEXT_RUN, Waiting
from pipeline.world.library import OpenLibrary
from pipeline.world.local_time import local_words
from pipeline.world.nina_at_work import at_work, journal_beside
from pipeline.world.scheduler_db import look_of
from pipeline.world.scheduler_notes import read_note
from pipeline.world.scheduler_snapshot import read_snapshot
from pipeline.world.scheduling import file_of, logs_of
from pipeline.world.shares import is_on_share

PUSH = "doit schedule --push"


def scheduler_waits(library: OpenLibrary) -> list[Waiting]:
    """What waits of each database; nothing where none is configured."""
    return [
        waiting
        for database in library.configuration.library.scheduler.databases
        for waiting in _waits(library, database)
    ]


def _waits(library: OpenLibrary, database: SchedulerDatabase) -> Iterator[Waiting]:
    file = file_of(library, database)
    name = f"Scheduler {database.name}"
    if look_of(file) is None:
        taken = read_snapshot(library, database.name).as_of
        known = f"what it wants is known as of {local_words(taken)}" if taken else "it was never read"
        yield Waiting(what=f"{name} is not reachable: {known}", where=database.path, command=NEXT_RUN)
        return
    writes = library.configuration.library.scheduler.write
    if writes and not rigs_of_profiles(library.configuration.rigs, database.profiles):
        what = f"{name} is told nothing: no rig's profile_ids name a NINA profile of it"
        yield Waiting(what=what, where=database.path, command="doit rig FOLDER")
    note = read_note(library, database)
    if note.pending and writes:
        said = counted(note.pending, "change")
        if is_on_share(file):
            what, command = f"{name}: {said} to be made on its own computer", f"{PUSH} {database.name}"
        else:
            busy = at_work(file, logs_of(library, database), note.newest_image_unix_s)
            what, command = f"{name}: {said} later" + (f" ({busy})" if busy else ""), NEXT_RUN
        yield Waiting(what=what, where=database.path, command=command)
    elif journal := journal_beside(file):
        what = f"{name} is being written ({journal} lies beside it): read later"
        yield Waiting(what=what, where=database.path, command=NEXT_RUN)
