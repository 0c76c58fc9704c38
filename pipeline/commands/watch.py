"""Watch the inboxes, and run the night when new frames have settled.

  doit watch           until Ctrl-C: a run when nothing has come in for 5 minutes, at most every 30 while frames keep
                       coming, and one an hour although nothing came: the night may be over, a marker may lie there
  doit watch --once    one look: a run if something new has settled or the hour is over, then the end; for cron
  doit watch --now     each run is a `doit --now`: tonight's sets are judged although their night is not over
  doit watch --poll    list the inboxes all the time, also where the system tells of changes

How long and how often is said in [watch] of library.toml; which way each inbox is heard, at the start. Runs never meet:
while another is at work this one waits. An inbox or a library that is not there is waited for, and a night that fails
is said and tried again. docs/watching.md has the lines for cron, systemd and Windows.
"""

from __future__ import annotations

import argparse

from pipeline.model.answers import Answer, Context
from pipeline.world.library import open_library
from pipeline.world.night_run import polite_kills_interrupt
from pipeline.world.night_watch import NightWatch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may be typed."""
    parser.add_argument(
        "--once", action="store_true", help="one look, at most one run, then the end: for cron"
    )
    parser.add_argument("--now", action="store_true", help="judge sets although their night is not over")
    parser.add_argument("--poll", action="store_true", help="list inboxes that could be listened to, too")


def run(arguments: argparse.Namespace, context: Context) -> Answer:
    """Watch until stopped, or look once."""
    watch = NightWatch(
        library=open_library(context.library, context.environment),
        environment=context.environment,
        say=context.say,
        now=arguments.now,
        quiet=bool(getattr(arguments, "json", False)),
    )
    with polite_kills_interrupt():
        if arguments.once:
            return Answer(exit_code=watch.once())
        try:
            watch.watch(poll=arguments.poll)
        except KeyboardInterrupt:
            return Answer(sentences=("Stopped watching. What was finished is kept.",))
    return Answer()
