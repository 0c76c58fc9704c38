"""docs/backup.md typed line by line, in its order, against a real S3 server; bucket, folder and frame in place of its own."""

from __future__ import annotations

import re
import shlex

import pytest

from pipeline.model.answers import OK
from pipeline.world.configuration import read_folder
from tests import forked
from tests.engine.toy_night import CHECKOUT
from tests.living_library import environment, make_library

PAGE = (CHECKOUT / "docs/backup.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
BUCKET, FRAME = "my-nights", "2026-01-15_00-12-33_HFR_1.85.fits"
"""As the page calls them."""


def fenced(kind):
    """The blocks of a kind, in order."""
    return [
        re.sub("^ +", "", found[3], flags=re.MULTILINE) for found in FENCE.finditer(PAGE) if found[2] == kind
    ]


def commands():
    """Every line a person types, in order."""
    lines = [line for block in fenced("") for line in block.splitlines() if line.strip()]
    return [line for line in lines if not line.startswith("export ")]


def test_every_settings_block_of_the_page_is_understood(tmp_path):
    blocks = fenced("toml")
    assert blocks
    for block in blocks:
        (tmp_path / "library.toml").write_text(re.sub(r"^# (\w+ =)", r"\1", block, flags=re.MULTILINE))
        assert read_folder(tmp_path, None).library.backup


@pytest.mark.slow
def test_every_line_of_the_page_does_what_it_is_written_for(s3_server, tmp_path):
    library, bucket = make_library(tmp_path / "library"), s3_server.new_bucket()
    library.shoot(1, 2, 3)
    library.doit()
    told = fenced("toml")[0].replace(BUCKET, bucket)
    library.settings(
        re.sub(r"^# endpoint_url = \S+", f'endpoint_url = "{s3_server.url}"', told, flags=re.MULTILINE)
    )
    frame = library.root / library.stored[1]
    first = {path: (library.root / path).read_bytes() for path in library.stored}
    everything, some, empty = tmp_path / "all", tmp_path / "some", tmp_path / "empty"
    empty.mkdir()
    lines = commands()
    assert len(lines) >= 20
    for line in lines:
        is_bare = BUCKET in line
        folder = empty if is_bare else everything if line in {"doit verify", "doit"} else library.root
        here = {"DIR": str(everything if "--all" in line else some), BUCKET: bucket, FRAME: frame.name}
        words = [here.get(word, word) for word in shlex.split(line)[1:]]
        if FRAME in line:
            frame.unlink()
        more = ["--endpoint-url", s3_server.url] if is_bare else []
        done = forked.doit(folder, *words, *more, env={**environment(), **s3_server.environment})
        assert done.returncode == OK, (line, done.stdout, done.stderr)
        print(f"$ {line}\n{done.stdout}{done.stderr}")
    assert {path: (library.root / path).read_bytes() for path in library.stored} == first
    assert {path: (everything / path).read_bytes() for path in first} == first
    assert {path.name for path in some.rglob("*.fits")} == {path.rpartition("/")[2] for path in first}
