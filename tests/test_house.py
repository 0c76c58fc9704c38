"""The house stands as DESIGN §5 drew it: who may import whom, and what may not be loaded early."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("model", "rules", "pixels", "world", "stages", "commands", "engine")
ALLOWED = {
    "model": {"model"},
    "rules": {"model", "rules"},
    "pixels": {"model", "rules", "pixels"},
    "world": {"model", "rules", "pixels", "world"},
    "stages": {"model", "rules", "pixels", "world", "stages"},
    "commands": {"model", "rules", "pixels", "world", "stages", "commands"},
    "engine": {"model", "rules", "world", "stages", "commands", "engine"},
}
HEAVY = ("astropy", "numpy", "jinja2", "tinydb", "boto3", "PIL", "bottleneck")


def modules(room: str) -> list[Path]:
    return sorted((ROOT / "pipeline" / room).rglob("*.py"))


@cache
def parsed(path: Path) -> ast.Module:
    """Each module is read once, and asked often."""
    return ast.parse(path.read_text(encoding="utf-8"))


def statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement, however deep; an import is one, and is in no expression."""
    waiting = [tree]
    while waiting:
        yield (node := waiting.pop())
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, block, ())


@cache
def imported(tree: ast.AST) -> frozenset[str]:
    """What it imports, wherever in it: looked for once, and asked often."""
    found: set[str] = set()
    for node in statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def rooms_of(names: frozenset[str]) -> set[str]:
    return {
        name.split(".")[1] for name in names if name.startswith("pipeline.") and name.split(".")[1] in ROOMS
    }


def wrong_imports(room: str, source: ast.Module) -> set[str]:
    return rooms_of(imported(source)) - ALLOWED[room]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_uses_only_the_rooms_above_it(room: str) -> None:
    wrong = {str(path.relative_to(ROOT)): wrong_imports(room, parsed(path)) for path in modules(room)}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_a_wrong_import_is_noticed() -> None:
    inside = ast.parse("def f():\n    from pipeline.world import files\n")
    assert wrong_imports("rules", inside) == {"world"}
    assert wrong_imports("stages", ast.parse("from pipeline.engine.tasks import x")) == {"engine"}


def test_stages_do_not_import_each_other() -> None:
    for path in modules("stages"):
        if path.stem in {"__init__", "night", "bookkeeping"}:  # these put the steps together
            continue
        names = imported(parsed(path))
        siblings = {name.split(".")[2] for name in names if name.startswith("pipeline.stages.")}
        assert siblings <= {path.stem}, f"{path.name} imports {siblings}"


def test_only_the_engine_knows_doit() -> None:
    for room in ROOMS:
        for path in modules(room):
            names = {name.split(".")[0] for name in imported(parsed(path))}
            assert room == "engine" or "doit" not in names, path


def test_model_and_rules_touch_no_disk_and_no_clock() -> None:
    forbidden = {
        "os",
        "shutil",
        "subprocess",
        "socket",
        "sqlite3",
        "tempfile",
        "time",
        "threading",
        "urllib.request",
    }
    for room in ("model", "rules"):
        for path in modules(room):
            assert not imported(parsed(path)) & forbidden, path


def test_modules_stay_readable_in_one_sitting() -> None:
    long = {
        str(p.relative_to(ROOT)): n
        for p in (ROOT / "pipeline").rglob("*.py")
        if (n := len(p.read_text().splitlines())) > 300
    }
    assert long == {}


def test_every_module_says_its_role_in_the_night() -> None:
    for path in (ROOT / "pipeline").rglob("*.py"):
        assert ast.get_docstring(parsed(path)), path


@pytest.mark.parametrize("module", ["pipeline.commands.identify", "pipeline.rules.identity"])
def test_identifying_loads_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert result.stdout.strip() == "[]"
