from __future__ import annotations

import argparse
import io
import json
import os
import subprocess
import sys
import tomllib
from types import ModuleType

import pytest

import pipeline.engine.commands as adapter
from pipeline.commands.registry import COMMANDS, CommandEntry
from pipeline.engine.commands import NightbuildCommand, parse_tail, raw_tail
from pipeline.model.answers import Answer
from pipeline.model.errors import PassingError, UserError
from tests.engine.toy_night import CHECKOUT


@pytest.fixture
def ask(monkeypatch, capsys):
    """Types a line for a command that answers with what `run` returns."""

    def typed(*words, run):
        module = ModuleType("pipeline.commands.sample", "Cull a set.\n\n  doit sample SET --apply")
        module.add_arguments = add_arguments
        module.run = run
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(sys, "argv", ["doit", "sample", *words])
        seen = [word for word in words if word.startswith("-") or "=" not in word]
        code = Sample().parse_execute(seen)
        return code, capsys.readouterr()

    return typed


class Sample(NightbuildCommand):
    name = "sample"
    entry = CommandEntry("sample", "sample a set")
    doc_purpose = entry.summary


def add_arguments(parser):
    parser.add_argument("words", nargs="*")
    parser.add_argument("--apply", action="store_true")


def echo(arguments, context):
    return Answer(sentences=(f"{arguments.words} {arguments.apply}",))


def test_raw_tail_keeps_what_doit_would_drop():
    argv = ["doit", "identify", "a=b.fits", "--json", "c.fits"]
    assert raw_tail("identify", ["--json", "c.fits"], argv) == ["a=b.fits", "--json", "c.fits"]


def test_raw_tail_is_found_behind_doits_own_options():
    argv = ["doit", "-f", "identify", "x=1", "identify", "a=b", "y"]
    assert raw_tail("identify", ["y"], argv) == ["a=b", "y"]


def test_raw_tail_is_what_doit_saw_when_doit_is_called_as_a_library():
    assert raw_tail("identify", ["x.fits"], ["pytest", "-q"]) == ["x.fits"]


def test_options_may_stand_after_arguments(ask):
    code, said = ask("M31", "--apply", "x=y", run=echo)
    assert (code, said.out) == (0, "['M31', 'x=y'] True\n")


def test_subcommands_are_read_too():
    parser = argparse.ArgumentParser()
    parser.add_subparsers(dest="verb").add_parser("restore").add_argument("path")
    assert parse_tail(parser, ["restore", "x"]).path == "x"


def test_a_wrong_option_ends_with_2(ask):
    with pytest.raises(SystemExit) as ended:
        ask("--aply", run=echo)
    assert ended.value.code == 2


def test_json_is_there_for_every_command(ask):
    code, said = ask("--json", run=lambda *_: Answer(rows=({"hfr": float("nan"), "n": 1},), exit_code=1))
    assert (code, json.loads(said.out)) == (1, [{"hfr": None, "n": 1}])


def test_what_a_person_can_mend_is_a_sentence(ask):
    def run(arguments, context):
        raise UserError("No such set. `doit list` shows them.")

    code, said = ask(run=run)
    assert (code, said.out, said.err) == (3, "", "No such set. `doit list` shows them.\n")


def test_passing_trouble_ends_with_1(ask):
    def run(arguments, context):
        raise PassingError("the share is away")

    assert ask(run=run)[0] == 1


def test_our_bug_has_a_traceback_and_says_whose_it_is(ask):
    code, said = ask(run=lambda *_: 1 / 0)
    assert code == 3
    assert "ZeroDivisionError" in said.err
    assert "bug in Nightbuild" in said.err


def test_an_interrupt_is_quiet(ask):
    def run(arguments, context):
        raise KeyboardInterrupt

    code, said = ask(run=run)
    assert (code, said.err) == (130, "Stopped.\n")


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    script = tmp_path / "sample.py"
    script.write_text(
        "import sys, types\n"
        "from pipeline.model.answers import Answer\n"
        "from tests.engine.test_commands import Sample, add_arguments\n"
        "module = types.ModuleType('pipeline.commands.sample')\n"
        "module.add_arguments = add_arguments\n"
        "module.run = lambda *_: Answer(rows=({'n': n} for n in range(10**6)), json_lines=True)\n"
        "sys.modules[module.__name__] = module\n"
        "sys.exit(Sample().parse_execute(['--json']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(CHECKOUT)},
    )
    assert process.stdout.readline() == b'{"n": 0}\n'
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(20) == 0


@pytest.mark.skipif(os.name == "nt", reason="needs a pipe that can be closed on one side")
@pytest.mark.parametrize("words", [("--help",), ("help",), ("blink", "--help")])
def test_a_reader_that_left_before_the_first_line_is_no_error(tmp_path, words):
    reads, writes = os.pipe()
    os.close(reads)
    left = subprocess.run(
        [sys.executable, "-m", "doit", *words],
        check=False,
        cwd=tmp_path,
        stdout=writes,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writes)
    assert left.stderr == ""


def test_dumpdb_has_a_sentence_where_there_is_nothing_of_doits_own(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "doit", "dumpdb"], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert said.returncode == 3
    assert said.stderr.startswith("There is no state of doit's own kind here.")
    assert said.stdout == ""


def test_help_begins_with_the_night_and_has_our_commands_in_their_order(tmp_path):
    said = subprocess.run(
        [sys.executable, "-m", "doit", "help"], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    words = [line.split()[1] for line in said.stdout.splitlines() if line.startswith("  doit ")]
    assert words[:5] == ["do", "help", "demo", "init", "adopt"]
    assert words.index("why") < words.index("clean")
    assert "automation tool" not in said.stdout


@pytest.mark.parametrize("alphabet", ["utf-8", "ascii", "cp1252"])
def test_a_list_of_paths_holds_any_byte_also_where_the_input_is_strict(monkeypatch, alphabet):
    given = io.BytesIO(b"caf\xe9 \x81.fits\r\nb.fits\n")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(given, encoding=alphabet, errors="strict"))
    one, other = adapter.context_here().lines
    assert one.encode(alphabet, "surrogateescape") == b"caf\xe9 \x81.fits"
    assert other == "b.fits"


def test_help_is_argparse_help():
    text = next(iter(COMMANDS)).name
    command = getattr(adapter, text.replace("-", "_"))()
    assert command.help().startswith(f"usage: doit {text}")


def test_entry_points_and_registry_name_the_same_commands():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    points = project["entry-points"]["doit.COMMAND"]
    ours = {name: place for name, place in points.items() if place.startswith("pipeline.engine.commands:")}
    assert ours == {
        entry.name: f"pipeline.engine.commands:{entry.name.replace('-', '_')}" for entry in COMMANDS
    }


@pytest.mark.parametrize("entry", COMMANDS, ids=lambda entry: entry.name)
def test_every_command_has_a_module_a_summary_and_help(entry):
    command = getattr(adapter, entry.name.replace("-", "_"))()
    assert command.doc_purpose == entry.summary
    assert len(entry.summary) < 60
    assert "--json" in command.help()


def test_there_is_no_command_that_was_not_registered():
    with pytest.raises(AttributeError):
        _ = adapter.nonsense
