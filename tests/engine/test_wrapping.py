"""Lines for a narrow terminal."""

from __future__ import annotations

from pipeline.engine.wrapping import wrapped


def test_what_follows_stands_below_its_text():
    line = "Waits        2 sets wait for your eyes, the oldest for 3 days"
    assert list(wrapped(line, 40)) == [
        "Waits        2 sets wait for your eyes,",
        "             the oldest for 3 days",
    ]


def test_a_command_or_a_path_is_never_broken():
    command = '               doit cull "C8E@f10.0+ZWO ASI2600MM Pro/M31" --apply'
    path = "               C8E@f10.0+ZWO ASI2600MM Pro/10_Blink/IC 1805/DATE_2026-01-14"
    assert list(wrapped(command, 60)) == [f"  {command.strip()}"]
    assert list(wrapped(path, 40)) == [path.strip()]


def test_without_a_terminal_a_line_is_as_long_as_it_likes():
    assert list(wrapped("word " * 100, None)) == ["word " * 100]
