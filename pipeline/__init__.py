"""Nightbuild: a night of raw frames goes in; a culled, calibrated, catalogued, reported library comes out.

    inbox ─renamed─▶ store ─measured─▶ culled ─offered─▶ [a person blinks] ─accepted─▶ 20_Data ─▶ catalog ─▶ reports
                       └── bias dark flat ─offered─▶ [blinked] ─▶ masters ─▶ libraries ─distributed┘

A library is a function of four things, all precious, all plain files: the frames, the rig files a person edits, the
decisions a person leaves, and the ledger of what cannot be seen again. Everything else can be deleted and rebuilt.

The rooms, each using only those above it (a test holds this):

    model     frozen values: frames, rigs, jobs, answers, errors                        no I/O
    rules     what a header, a name, a night, a path means                              pure functions on the model
    pixels    arithmetic on arrays                                                      no files, no headers
    world     one module a neighbour: files, FITS, ledger, lock, sync service ...       carries, never decides
    stages    the night, one file a step: a pure plan, a thin effect
    commands  one file a command: a function from arguments to an Answer
    engine    the rooms that know doit

One frame, followed: `world/headers` reads its cards, `rules/headers` hears them in the program's dialect, `rules/names`
reads its path, `rules/weighing` hears both and the person, `rules/settling` finds rig, clock and night, and the
`Frame` that `rules/identity` hands out gets its address from `rules/layout`.
"""

from __future__ import annotations
