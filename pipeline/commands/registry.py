"""The commands, in the order `doit help` shows them.

Each is a module `pipeline/commands/<name>.py` (a dash in the name is an underscore in the module's) with

    add_arguments(parser: argparse.ArgumentParser) -> None       what may be typed; `--json` is there already
    run(arguments: argparse.Namespace, context: Context) -> Answer

and a docstring that is its help. A new command is one line here and one in pyproject.toml under
`doit.COMMAND`; a test holds the two together. Importing this module imports no command.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One word a person may type after `doit`."""

    name: str
    summary: str
    """One line for `doit help`; imperative, under 60 characters."""

    @property
    def module(self) -> str:
        """Dotted name of the module that answers."""
        return f"pipeline.commands.{self.name.replace('-', '_')}"


COMMANDS: tuple[CommandEntry, ...] = (
    CommandEntry("demo", "make a small library of simulated nights and run it"),
    CommandEntry("init", "make a library"),
    CommandEntry("adopt", "register a library that existed before, where it lies"),
    CommandEntry("watch", "run the night whenever new frames have settled"),
    CommandEntry("status", "say what waits for you, what is stuck, what is due"),
    CommandEntry("plan", "show what the next doit would do, and touch nothing"),
    CommandEntry("log", "say what runs did, and what the ledger wrote"),
    CommandEntry("why", "say everything known about one file"),
    CommandEntry("show", "ask the library: frames, targets, sessions, sums"),
    CommandEntry("export", "write the catalogue as SQLite, CSV or Parquet"),
    CommandEntry("unlock", "free the lock of a run that is gone"),
    CommandEntry("verify", "hold the store against what was recorded"),
    CommandEntry("retire", "take proven frames' names out of the inboxes now"),
    CommandEntry("purge", "give stored frames up, into the trash"),
    CommandEntry("trash", "show, put back or empty what was thrown away"),
    CommandEntry("prune", "take away what no plan expects any more"),
    CommandEntry("relink", "make equal copies links again"),
    CommandEntry("correct", "say what a frame, a set or a night really is"),
    CommandEntry("rig", "list rigs, name a new one, give one another name"),
    CommandEntry("cull", "answer sets that would lose too many, try limits"),
    CommandEntry("blink", "say that you have looked, or reject frames by eye"),
    CommandEntry("restore", "bring culled, rejected or vanished frames back"),
    CommandEntry("accept", "accept what a set offers now"),
    CommandEntry("reopen", "offer an accepted set to the eye again"),
    CommandEntry("master", "list masters, and say which may be used"),
    CommandEntry("match", "say which masters a set is calibrated with, and why"),
    CommandEntry("pin", "choose a set's master yourself"),
    CommandEntry("rematch", "let accepted sets take better masters"),
    CommandEntry("calibrate", "calibrate accepted sets, or calibrate them again"),
    CommandEntry("session", "name, join or part imaging sessions"),
    CommandEntry("changed", "say from which night on a rig was another"),
    CommandEntry("schedule", "say what NINA's scheduler wants, tell it what to repeat"),
    CommandEntry("plan-import", "import what you want to shoot: lists, mosaics, sequences"),
    CommandEntry("backup", "send what is not kept yet to a bucket"),
    CommandEntry("backup-status", "say what is in the bucket, and what would be lost"),
    CommandEntry("backup-verify", "hold the bucket against the receipts"),
    CommandEntry("backup-restore", "bring frames, or the whole library, back"),
    CommandEntry("backup-costs", "say what a backup costs, by class and region"),
    CommandEntry("backup-lifecycle", "show or set the bucket's rules"),
    CommandEntry("backup-prune", "take packs away that nothing asks for"),
    CommandEntry("identify", "say what a file is, from header, name and folders"),
)


def command_entry(name: str) -> CommandEntry:
    """The entry of a command; KeyError for a word that is none."""
    for entry in COMMANDS:
        if entry.name == name:
            return entry
    raise KeyError(name)
