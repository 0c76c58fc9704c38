"""SIGKILL before and after each step of placing and withdrawing: nothing lost, nothing doubled, nothing left to do."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest

from pipeline.model.records import MovedOn
from pipeline.rules.words import ACCEPT, BLINK, REJECT
from tests.stages.killed_views import settle_until
from tests.stages.night_library import RIG
from tests.stages.view_library import Views, later, make_views

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")

PLACE, TAKE = "pipeline.world.placing:place", "pipeline.world.removal:retry"
LEDGER, NOTE = "pipeline.world.ledger:write", "pipeline.world.reject_notes:replace_if_different"
TRY = "pipeline.world.links:place"
"""The first call tries whether links work, with a hidden file beside the stored frames."""
FOLDER, CARRY = "pipeline.world.tidying:_remove", "pipeline.world.carrying:place"


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Views]:
    """Libraries with something to do: to be offered, to be judged anew, to be accepted."""
    root = tmp_path_factory.mktemp("scenes")
    fresh = make_views(root / "offered")
    fresh.judge(culled=[1])
    changed = make_views(root / "changed")
    changed.judge(culled=[1])
    changed.settle()
    changed.judge(culled=[0, 2])
    emptied = make_views(root / "emptied")
    emptied.settle()
    emptied.judge(culled=range(4))
    looked = make_views(root / "accepted")
    looked.settle()
    (looked.root / looked.only().blink / "notes.txt").write_text("mine")
    link, aside = looked.links(0)[0].link, f"{RIG}/10_Blink/M31/accept/x.fits"
    (looked.root / aside).parent.mkdir()
    (looked.root / link).rename(looked.root / aside)
    looked.tell(MovedOn(when=later(), link=link, to=aside))
    looked.say(0, BLINK, ACCEPT)
    looked.say(1, BLINK, REJECT)
    looked.seen(2, 3)
    return {"offered": fresh, "changed": changed, "emptied": emptied, "accepted": looked}


EXPECTED = {
    "offered": {"10_Blink": ["00", "02", "03"], "_Reject": ["01"], "20_Data": []},
    "changed": {"10_Blink": ["01", "03"], "_Reject": ["00", "02"], "20_Data": []},
    "emptied": {"10_Blink": [], "_Reject": ["00", "01", "02", "03"], "20_Data": []},
    "accepted": {"10_Blink": [], "_Reject": ["01"], "20_Data": ["00", "02", "03"]},
}
STEPS = [
    ("offered", PLACE, 4),
    ("offered", TRY, 1),
    ("changed", LEDGER, 4),
    ("emptied", FOLDER, 1),
    ("accepted", TAKE, 4),
    ("accepted", CARRY, 1),
]
MORE_STEPS = [
    *[("offered", PLACE, 1), ("offered", LEDGER, 1), ("offered", NOTE, 1), ("emptied", FOLDER, 2)],
    *[
        ("changed", PLACE, 2),
        ("changed", LEDGER, 1),
        ("changed", LEDGER, 2),
        ("changed", TAKE, 1),
        ("changed", TAKE, 3),
    ],
    *[("changed", NOTE, 1), ("accepted", PLACE, 1), ("accepted", PLACE, 3), ("accepted", LEDGER, 2)],
    *[("accepted", LEDGER, 4), ("accepted", TAKE, 1), ("accepted", TAKE, 2)],
]
ALL = [*STEPS, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE_STEPS)]


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("scene", "step", "nth"), ALL)
def test_a_killed_run_is_finished_by_the_next(tmp_path, scenes, scene, step, nth, moment):
    library = tmp_path / "library"
    copy_with_links(scenes[scene].root, library)
    assert settle_until(library, step, nth, moment) == -signal.SIGKILL
    views = Views(library)
    require_nothing_lost(views)
    views.settle()
    require_nothing_lost(views)
    assert {top: views.frames(top) for top in EXPECTED[scene]} == EXPECTED[scene]
    assert not (library / RIG / "10_Blink/M31/accept/x.fits").exists()
    assert list(library.rglob("*.part")) == []
    assert views.is_at_rest()
    assert scene != "emptied" or not list((library / RIG / "10_Blink").iterdir())
    shutil.rmtree(library / ".nightbuild")
    before = views.files("10_Blink")
    views.settle()
    assert views.files("10_Blink") == before


def require_nothing_lost(views: Views) -> None:
    """Each stored frame is there, and each is seen in one of the person's folders."""
    members = views.only().members
    assert all((views.root / member.stored).is_file() for member in members)


def copy_with_links(source: Path, target: Path) -> None:
    """A copy in which names of one file are names of one file again."""
    seen: dict[int, Path] = {}

    def copy(name: str, to: str) -> str:
        found = Path(name).stat()
        if found.st_ino in seen:
            os.link(seen[found.st_ino], to)
        else:
            shutil.copy2(name, to)
            seen[found.st_ino] = Path(to)
        return to

    shutil.copytree(source, target, copy_function=copy)
