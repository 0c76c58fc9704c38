"""Every command that docs/backup.md tells a person to type is typed here, against a real S3 server."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.library import Library
from tests.backed_library import ask, back_up, make_backed, settings_for
from tests.stages.night_library import write_settings

PAGE = Path(__file__).resolve().parents[1] / "docs/backup.md"
BLOCK = re.compile(r"^( *)```\w*\n(.*?)^\1```", re.MULTILINE | re.DOTALL)

pytestmark = pytest.mark.slow


def lines():
    """The lines of its blocks, in order."""
    text = PAGE.read_text(encoding="utf-8")
    found = [line.strip() for _, block in BLOCK.findall(text) for line in block.splitlines()]
    return [line for line in found if line.startswith("doit")]


@pytest.fixture
def house(tmp_path, monkeypatch, s3_server):
    if not hasattr(Library(), "backup"):
        pytest.skip("[backup] is not part of library.toml yet")
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    night = make_backed(tmp_path / "library")
    bucket = s3_server.new_bucket()
    text = (
        f'settle_seconds = 0\nretire = "manual"\n[backup]\nenabled = true\nbucket = "{bucket}"\n'
        f'endpoint_url = "{s3_server.url}"\nregion = "us-east-1"\n'
    )
    write_settings(night.root / "_Rigs/library.toml", text)
    return night, settings_for(s3_server.url, bucket)


def test_every_line_of_the_page_can_be_typed_in_its_order(house, tmp_path):
    night, settings = house
    frame = next(path for path in night.frames("00_Frames") if "M31" in path.parts)
    typed = lines()
    assert len(typed) > 20 and "doit backup --dry-run" in typed
    for line in typed:
        words = shlex.split(line)[1:]
        if not words or words[0] == "verify":
            continue  # in the restored library: tests/test_disaster.py types them there
        is_new = "--all" in words
        words = [_meant(word, frame, settings, tmp_path / ("new" if is_new else "some")) for word in words]
        if is_new:
            words += ["--endpoint-url", settings.endpoint_url or ""]
        if words[0] == "backup-restore" and "--yes" in words and frame.name in words:
            frame.unlink()
        name, folder = words[0].replace("-", "_"), tmp_path if is_new else night.root
        answer = ask(name, words[1:], folder, None if is_new else night.root)
        list(answer.rows)
        assert answer.code() in {OK, WAITS}, (line, answer.sentences, CANNOT)
        if line == "doit backup":
            back_up(night.root, settings)  # nothing is left to be sent
    assert frame.is_file()
    assert (tmp_path / "new/.nightbuild-library").is_file()


def _meant(word, frame, settings, folder):
    """What stands for a person's own names on the page."""
    told = {
        "DIR": str(folder),
        "my-nights": settings.bucket or "",
        "eu-central-1": "us-east-1",
        "2026-01-15_00-12-33_HFR_1.85.fits": frame.name,
    }
    return told.get(word, word)
