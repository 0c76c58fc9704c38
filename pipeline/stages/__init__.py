"""The night, one file a step: a pure plan and a thin effect.

    inbox ─renamed─▶ 00_Frames ─measured─▶ culled ─offered─▶ 10_Blink [you blink: blinked] ─accepted─▶ 20_Data
               quarantined: what could not be understood      shown: pages to blink by

`STAGES` is the one place that says the order; `the_night` is what the engine is told. Stages never import each other:
what passes between them is a file, and what the ledger says.
"""

from __future__ import annotations

from pipeline.model.jobs import Night, Stage

STAGES: tuple[Stage, ...] = (
    Stage(name="unpacked", heading="Unpacked", doc="Unpack archives that arrived, safely"),
    Stage(name="renamed", heading="Stored", doc="Take raw frames from the inboxes into the store"),
    Stage(name="witnessed", heading="Witnesses", doc="Store guide logs and session files beside the night"),
    Stage(name="blinked", heading="Blinked", doc="Take up what you did in your folders as decisions"),
    Stage(name="measured", heading="Measured", doc="Measure stars, sky and levels of each frame, once"),
    Stage(name="recorded", heading="Recorded", doc="Record each stored frame's SHA-256, once"),
    Stage(name="culled", heading="Culled", doc="Hold each set against its rig's limits"),
    Stage(name="offered", heading="Offered", doc="Put frames where you look at them, and rejects aside"),
    Stage(name="accepted", heading="Accepted", doc="Take blinked lights on to 20_Data"),
    Stage(name="gathered", heading="Gathered", doc="Take masters made by hand into the libraries"),
    Stage(name="masters", heading="Masters", doc="Integrate what passed into masters, in the libraries"),
    Stage(name="distributed", heading="Beside", doc="Lay the masters that lights need beside them"),
    Stage(name="calibrated", heading="Calibrated", doc="Calibrate accepted lights, beside the originals"),
    Stage(name="shown", heading="Pages", doc="Make previews and the pages for blinking"),
    Stage(name="quarantined", heading="Quarantine", doc="Say what is wrong with files nobody understands"),
    Stage(name="retired", heading="Retired", doc="Take proven frames' names out of the inboxes"),
    Stage(name="catalog", heading="Catalogue", doc="Write down everything known, so that it can be asked"),
    Stage(name="scheduler", heading="Scheduler", doc="Tell NINA's scheduler which frames to shoot again"),
    Stage(name="summaries", heading="Summaries", doc="Sum hours, and write tables for AstroBin"),
    Stage(name="reports", heading="Reports", doc="Make the pages that show how everything stands"),
    Stage(name="notes", heading="Notes", doc="Keep a note for each session and target"),
    Stage(name="backed_up", heading="Backed up", doc="Send what is not kept yet to a bucket"),
)


def the_night() -> Night:
    """The stages, the plan, and what surrounds a run."""
    from pipeline.stages import night, surroundings

    return Night(
        stages=STAGES,
        plan=night.plan_library,
        state_folder=surroundings.state_folder,
        known_files=surroundings.known_files,
        threads=surroundings.threads,
        open=surroundings.open_run,
        pause_sync=surroundings.pause_sync,
        close=surroundings.close_run,
    )
