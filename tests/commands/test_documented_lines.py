from __future__ import annotations

import re
import shlex
from importlib import import_module

import pytest

import pipeline.engine.commands as adapter
from pipeline.commands.registry import COMMANDS
from pipeline.engine.commands import parse_tail, raw_tail
from tests.engine.toy_night import CHECKOUT

LINE = re.compile(r"(?:^|[`|&]|/bin/)\s*doit +([a-z][a-z-]*)((?: [^`\n#&|;,·]*)?)", re.MULTILINE)
NAMES = {entry.name for entry in COMMANDS}


def documented_lines():
    """Every `doit COMMAND ...` in a command's help or in a page for people."""
    pages = [import_module(entry.module).__doc__ or "" for entry in COMMANDS]
    pages += [
        page.read_text(encoding="utf-8") for page in (CHECKOUT / "README.md", *CHECKOUT.glob("docs/*.md"))
    ]
    found = {(name, tail.split("  ")[0].strip()) for page in pages for name, tail in LINE.findall(page)}
    return sorted(line for line in found if line[0] in NAMES)


@pytest.mark.parametrize("line", documented_lines(), ids=" ".join)
def test_a_documented_line_is_understood_literally(line):
    name, tail = line
    words = shlex.split(re.sub(r"[\[\]]|\.\.\.", "", tail))
    parser = getattr(adapter, name.replace("-", "_"))().parser()
    seen = [word for word in words if word.startswith("-") or "=" not in word]
    assert raw_tail(name, seen, ["doit", name, *words]) == words
    parse_tail(parser, words)
