"""From `doit NAME ...` to `pipeline/commands/NAME.py` and back: the only place where a command meets doit.

doit's own parser would mangle what a person typed (`cull SET --apply` leaves apply false, a path with `=`
vanishes), so a command takes the raw tail of the command line and argparse reads it. Each command of the
registry appears here as a class of its name, made when asked for: the entry points in pyproject.toml name it.
"""

from __future__ import annotations

import argparse
import getopt
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

from doit.cmd_base import Command

from pipeline.commands.registry import COMMANDS, CommandEntry, command_entry
from pipeline.engine.printing import print_answer
from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import NightbuildError, UserError
from pipeline.rules.harmless import harmless
from pipeline.world.selected import select_library

OUR_BUG = "This is a bug in Nightbuild, not in your data. Please report it with the lines above."
INTERRUPTED = 130


class NightbuildCommand(Command):  # type: ignore[misc]  # doit has no types
    """A doit command that hands everything to one module of pipeline/commands."""

    entry: CommandEntry

    def parse_execute(self, in_args: list[str]) -> int:
        """Reads the raw tail with argparse, asks the command, prints its answer."""
        parser = self.parser()
        try:
            arguments = parse_tail(parser, raw_tail(self.entry.name, in_args, sys.argv))
        except SystemExit:  # --help, or a word it does not know: argparse has said all there is to say
            if _reader_left():
                return OK
            raise
        return self.answer(arguments)

    def answer(self, arguments: argparse.Namespace) -> int:
        """Asks the command and prints; any ending has its exit code and its sentence."""
        _be_lenient(sys.stdout)
        _be_lenient(sys.stderr)
        try:
            answer: Answer = import_module(self.entry.module).run(arguments, context_here())
            return print_answer(answer, sys.stdout, as_json=arguments.json)
        except BrokenPipeError:
            return let_go_of_stdout()
        except KeyboardInterrupt:
            return complain("Stopped.", INTERRUPTED)
        except NightbuildError as error:
            return complain(str(error), CANNOT if isinstance(error, UserError) else WAITS)
        except Exception:
            traceback.print_exc()
            return complain(OUR_BUG, CANNOT)

    def parser(self) -> argparse.ArgumentParser:
        """The argparse parser of this command, `--json` included."""
        module = import_module(self.entry.module)
        parser = argparse.ArgumentParser(
            prog=f"doit {self.entry.name}",
            description=module.__doc__ or self.entry.summary,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")
        module.add_arguments(parser)
        return parser

    def help(self) -> str:
        """What `doit help NAME` prints: the same as `doit NAME --help`."""
        return self.parser().format_help()


def context_here() -> Context:
    """The context of a command typed in this process."""
    folder = Path.cwd()
    return Context(
        folder=folder,
        environment=dict(os.environ),
        library=select_library(folder, os.environ),
        lines=_input_lines(),
        can_ask=sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty(),
        say=_say,
    )


def parse_tail(parser: argparse.ArgumentParser, tail: Sequence[str]) -> argparse.Namespace:
    """Reads arguments and options in any order."""
    has_commands = any(isinstance(action, argparse._SubParsersAction) for action in parser._actions)
    return parser.parse_args(tail) if has_commands else parser.parse_intermixed_args(tail)


def raw_tail(name: str, seen: Sequence[str], argv: Sequence[str]) -> list[str]:
    """What was typed after the command word.

    Args:
        name: The command word.
        seen: The arguments as doit passes them on, without those that hold `=`.
        argv: The process's whole command line; taken when it agrees with what doit saw, as it does unless
            doit was called as a library.
    """
    try:
        _, words = getopt.getopt(list(argv[1:]), "f:d:k", ["file=", "dir=", "seek-file"])
    except getopt.GetoptError:
        words = list(argv[1:])
    while words and words[0] != name:
        words.pop(0)
    tail = words[1:]
    return tail if _without_variables(tail) == list(seen) else list(seen)


def _without_variables(words: Sequence[str]) -> list[str]:
    return [word for word in words if word.startswith("-") or "=" not in word]


def _input_lines() -> Iterator[str]:
    """Each line of standard input; a byte that is no letter of its alphabet stays what it was, as in a file's name."""
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")
    for line in sys.stdin:
        yield line.rstrip("\r\n")


def _say(line: str) -> None:
    print(harmless(line), file=sys.stderr, flush=True)


def complain(sentence: str, code: int) -> int:
    """Says why on standard error, and gives the exit code back."""
    _say(sentence)
    return code


def _be_lenient(stream: object) -> None:
    """A file name the terminal's alphabet lacks is shown escaped instead of ending the answer."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _reader_left() -> bool:
    """Brings out what was printed; True when nobody reads it any more."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        let_go_of_stdout()
        return True
    return False


def let_go_of_stdout() -> int:
    """The reader (`| head`) has seen enough: nothing more is said, also not by Python as it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def _end_with_the_reader() -> None:
    """`doit --help | head`: doit prints that list itself, after it has asked for every command."""
    if sys.argv[1:] == ["--help"] and hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def __getattr__(name: str) -> type[NightbuildCommand]:
    """The doit command of a registered word: `pipeline.engine.commands:identify`."""
    _end_with_the_reader()
    word = name.replace("_", "-")
    if word not in {entry.name for entry in COMMANDS}:
        raise AttributeError(name)
    entry = command_entry(word)
    return type(name, (NightbuildCommand,), {"name": word, "entry": entry, "doc_purpose": entry.summary})
