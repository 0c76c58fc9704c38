"""The backup's page, made by the run that sends: a second run executes nothing, and no cache changes it."""

from __future__ import annotations

import pytest

from tests.living_library import executed, make_library

pytestmark = pytest.mark.slow


def test_the_page_tells_of_what_its_own_run_sent_and_a_second_run_executes_nothing(
    tmp_path,
    s3_server,
    monkeypatch,
):
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    library = make_library(tmp_path / "library")
    library.settings(
        f'[backup]\nenabled = true\nbucket = "{s3_server.new_bucket()}"\nendpoint_url = "{s3_server.url}"\n'
    )
    library.shoot(1, 2)
    assert "reports:_backup" in executed(library.doit())
    page = library.root / "_Reports/backup.html"
    assert "2 of 2 frames are in the bucket" in page.read_text("utf-8")
    assert "backup.html" in (library.root / "_Reports/index.html").read_text("utf-8")
    assert executed(library.doit()) == []
    assert library.ask("show", "frames", "--backed-up", "no") == []
    (frame, _) = library.ask("show", "frames", "--backed-up", "yes")
    told = library.ask("why", library.stored[0])["backup"]
    assert told["pack"] == frame["backup_pack"]
    assert "would be lost" not in library.doit("status", "--all").stdout.lower()
    library.doit("backup-verify", "--sample", "1")
    assert executed(library.doit()) == ["reports:_backup"], "it was read back, and the page says so"
    seen, before = page.read_bytes(), library.picture()
    library.forget()
    library.doit()
    assert page.read_bytes() == seen
    assert library.picture() == before
    library.shoot(3)
    library.doit("purge", library.stored[0], "--needs-backup", "--yes", code=None)
    library.doit()
    assert executed(library.doit()) == []
    library.settings("")
    library.doit()
    assert "backup.html" not in (library.root / "_Reports/index.html").read_text("utf-8")
