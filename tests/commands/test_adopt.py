"""`doit adopt`: a library that existed before is understood, registered where it lies, followed, linked, released."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from pipeline.model.answers import Answer
from pipeline.model.errors import UserError
from pipeline.model.frames import Value
from pipeline.model.jobs import Work
from pipeline.model.verdicts import State
from pipeline.rules.balance import balance_line, weigh
from pipeline.rules.states import ledger_states
from pipeline.rules.summaries import key_of
from pipeline.stages.night import plan_library
from pipeline.world import ledger as ledgers
from pipeline.world.fits_image import as_cards, image_bytes
from pipeline.world.library import open_library
from pipeline.world.looking import look_at_set
from pipeline.world.nightbook import open_book
from pipeline.world.survey import see
from tests.adopted_library import asked, make_old_library, told
from tests.factories import NINA_LIGHT
from tests.living_library import START, LivingLibrary, make_library, put
from tests.small_library import said

C8E = "C8E@f10.0+ZWO ASI2600MM Pro"
SET = "DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00"
DATA, BLINK = f"{C8E}/20_Data/M31/accept/{SET}", f"{C8E}/10_Blink/M31/{SET}"
_LAYOUT = {"SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "BZERO"}
_OURS = (".nightbuild", "_Ledger", "_Catalog", "_Reports", "_Notes", "_Decisions")


def frame(number: int = 1, /, **changes: Value | None) -> bytes:
    """A light of M31 with the C8E; `KEY=None` takes a card away, `__` is a dash."""
    begun = START + timedelta(minutes=5 * number)
    times = {
        "DATE-OBS": f"{begun:%Y-%m-%dT%H:%M:%S}",
        "DATE-LOC": f"{begun + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}",
    }
    given = {key.replace("__", "-"): value for key, value in changes.items()}
    cards = NINA_LIGHT | times | {"OBJECT": "M31"} | given
    kept = {key: value for key, value in cards.items() if key not in _LAYOUT and value is not None}
    return image_bytes(np.full((4, 6), 500 + number, np.uint16), as_cards(kept))


def lay(library: LivingLibrary, path: str, number: int = 1, /, **changes: Value | None) -> Path:
    """Such a frame under this path of the library, an hour old."""
    return put(library.root / path, frame(number, **changes), age_s=3600)


def theirs(root: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file of the person's own: bytes, time, mode."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and not path.is_symlink())
    return {
        path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in files
        if path.relative_to(root).parts[0] not in _OURS
    }


def run_night(library: LivingLibrary) -> list[str]:
    """The night up to the catalogue, without doit; the stages of those jobs that had something to do."""
    did = []
    for job in plan_library(library.root).jobs:
        if job.stage in {"scheduler", "summaries", "reports", "notes"}:
            continue
        module, _, name = job.effect.partition(":")
        outcome = getattr(import_module(module), name)(Work(library.root), **job.arguments)
        did += [job.stage] if outcome and outcome.says else []
    return did


def states(library: LivingLibrary) -> dict[str, str]:
    """File name to the state of its frame."""
    found = ledger_states(library.ledger)
    return {stored.rpartition("/")[2]: state.value for stored, state in found.items()}


@pytest.fixture
def library(tmp_path: Path) -> LivingLibrary:
    return make_library(tmp_path / "lib")


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> tuple[LivingLibrary, Answer, Answer, int]:
    """A library of 200 folders, adopted twice; the answers, and how many sets disagree with what was laid."""
    root = tmp_path_factory.mktemp("old") / "lib"
    laid = make_old_library(root, 6900, most=2)
    library, before = LivingLibrary(root), theirs(root)
    first = library.command("adopt", ".")
    assert first.data["registered"] == sum(one.count for one in laid)
    second = library.command("adopt", ".")
    assert theirs(root) == before
    different = (asked(laid) - told(first.data["sets"])) + (told(first.data["sets"]) - asked(laid))
    return library, first, second, different.total()


def test_a_library_in_the_shape_of_the_real_one_is_understood_set_by_set(
    old: tuple[LivingLibrary, Answer, Answer, int],
) -> None:
    _, first, _, different = old
    assert different == 0
    assert len({one["folder"] for one in first.data["sets"]}) >= 190
    assert not first.data["not_understood"]


def test_a_second_adoption_changes_nothing(old: tuple[LivingLibrary, Answer, Answer, int]) -> None:
    library, first, second, _ = old
    assert second.data["registered"] == 0
    assert second.data["sets"] == first.data["sets"]
    lines = [
        line for file in (library.root / "_Ledger").rglob("*.jsonl") for line in file.read_text().splitlines()
    ]
    assert len(lines) == first.data["registered"]


def test_the_balance_and_the_states_count_what_was_adopted(
    old: tuple[LivingLibrary, Answer, Answer, int],
) -> None:
    library, first, _, _ = old
    seen = see(open_library(library.root), remember=False)
    line = balance_line(weigh(seen.survey, seen.outline.remembered(), lambda origin: key_of(*origin)))
    number = first.data["registered"]
    assert line == f"Balance      0 received = 0 stored; {number:,} adopted where they lie"
    assert sum(number for one in seen.outline.journals.values() for number in one.states.values()) == number


def test_sets_of_adopted_frames_are_shown_and_acted_on_by_no_stage(
    old: tuple[LivingLibrary, Answer, Answer, int],
) -> None:
    library, first, _, _ = old
    one = first.data["sets"][0]
    seen = see(open_library(library.root), remember=False)
    night = next(night for night in seen.outline.nights if night[0] == one["owner"])
    book = open_book(library.root, *night)
    assert not book.sets
    assert book.adopted_sets
    for adopted in book.adopted_sets:
        now = look_at_set(book, adopted)
        assert {told.state for told in now.standings.values()} <= {
            State.ACCEPTED,
            State.MOVED_ON,
            State.OFFERED,
        }
        assert (library.root / (adopted.data or adopted.blink)).is_dir()


@pytest.mark.slow
def test_all_2320_folders_of_the_real_shape_are_understood(tmp_path: Path) -> None:
    laid = make_old_library(tmp_path / "lib", 80_118, most=2)
    answer = LivingLibrary(tmp_path / "lib").command("adopt", ".")
    assert len(laid) == 2_320
    assert told(answer.data["sets"]) == asked(laid)


def test_folders_say_what_an_adopted_frame_is(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    lay(library, f"{BLINK}/b.fits", 2)
    lay(library, f"{C8E}/10_Blink/M31/accept/{SET}/c.fits", 3)
    lay(library, f"{C8E}/60_Done/M31/accept/{SET}/d.fits", 4)
    lay(library, f"{C8E}/10_Blink/M31/reject/{SET}/e.fits", 5)
    lay(library, "Old nights/M31/f.fits", 6)
    lay(library, "Old nights/dark.fits", 7, IMAGETYP="DARK")
    library.command("adopt", ".")
    assert states(library) == {
        "a.fits": "accepted",
        "b.fits": "offered",
        "c.fits": "accepted",
        "d.fits": "moved on",
        "e.fits": "blinked away",
        "f.fits": "stored",
        "dark.fits": "aside",
    }


def test_lights_outside_stage_folders_count_where_their_person_says_so(library: LivingLibrary) -> None:
    lay(library, "Old nights/M31/f.fits")
    library.command("adopt", "Old nights", "--accepted")
    assert states(library) == {"f.fits": "accepted"}


def test_the_nights_that_follow_leave_every_file_alone(library: LivingLibrary) -> None:
    for number in range(1, 4):
        lay(library, f"{DATA}/a{number}.fits", number)
        lay(library, f"{BLINK}/b{number}.fits", 10 + number)
    before = theirs(library.root)
    library.command("adopt", C8E)
    run_night(library)
    assert theirs(library.root) == before
    ledger = {path: path.read_bytes() for path in (library.root / "_Ledger").rglob("*.jsonl")}
    library.forget()
    run_night(library)
    assert theirs(library.root) == before
    assert ledger == {path: path.read_bytes() for path in (library.root / "_Ledger").rglob("*.jsonl")}


def test_frames_of_one_night_that_come_later_are_a_set_of_their_own(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    library.command("adopt", C8E)
    put(library.inbox / "b.fits", frame(2), age_s=3600)
    run_night(library)
    book = open_book(library.root, C8E, START.date())
    assert [one.id for one in book.sets] == [f"{C8E}/M31/{SET}"]
    assert [one.id for one in book.adopted_sets] == [f"{C8E}/M31/{SET}~adopted"]
    assert states(library)["a.fits"] == "accepted"


def test_what_moves_on_is_found_again(library: LivingLibrary) -> None:
    for number in range(1, 4):
        lay(library, f"{DATA}/a{number}.fits", number)
    library.command("adopt", C8E)
    (library.root / C8E / "60_Done").mkdir()
    shutil.move(library.root / C8E / "20_Data/M31", library.root / C8E / "60_Done/M31")
    run_night(library)
    assert set(states(library).values()) == {"moved on"}
    facts = library.ledger.stored.values()
    assert all((library.root / fact.at).is_file() and "60_Done" in fact.at for fact in facts)
    library.forget()
    sets = open_book(library.root, C8E, START.date()).adopted_sets
    assert [one.label for one in sets] == ["M31 L 300 s"]
    answer = library.command("verify")
    assert "as it was recorded" in said(answer)


def test_numbered_alike_in_two_folders_frames_are_found_each_in_its_own(library: LivingLibrary) -> None:
    for panel in ("1", "2"):
        folder = f"{DATA}_PANEL_{panel}"
        lay(library, f"{folder}/Light_0001.fits", int(panel), OBJECT=f"M31 Panel {panel}")
    library.command("adopt", C8E)
    (library.root / C8E / "30_Master").mkdir()
    shutil.move(library.root / C8E / "20_Data/M31", library.root / C8E / "30_Master/M31")
    run_night(library)
    facts = library.ledger.stored.values()
    assert {fact.stored.split("/")[-2] == fact.at.split("/")[-2] for fact in facts} == {True}


def test_an_adopted_frame_that_was_deleted_is_taken_out_and_not_missing(library: LivingLibrary) -> None:
    for number in range(1, 4):
        lay(library, f"{DATA}/a{number}.fits", number)
    library.settings("settle_seconds = 0\n")
    library.command("adopt", C8E)
    (library.root / DATA / "a2.fits").unlink()
    run_night(library)
    assert states(library) == {"a1.fits": "accepted", "a2.fits": "taken out", "a3.fits": "accepted"}
    assert "as it was recorded" in said(library.command("verify"))


def test_a_disk_that_is_away_is_no_deletion(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits")
    library.settings("settle_seconds = 0\n")
    library.command("adopt", C8E)
    shutil.move(library.root / C8E / "20_Data", library.root.parent / "away")
    run_night(library)
    assert states(library) == {"a.fits": "accepted"}
    shutil.move(library.root.parent / "away", library.root / C8E / "20_Data")
    run_night(library)
    assert states(library) == {"a.fits": "accepted"}


def test_verify_records_the_hash_and_finds_what_changed_since(library: LivingLibrary) -> None:
    path = lay(library, f"{DATA}/a.fits")
    library.command("adopt", C8E)
    assert [fact.sha256 for fact in library.ledger.stored.values()] == [None]
    library.command("verify")
    assert all(fact.sha256 for fact in library.ledger.stored.values())
    stamp = path.stat()
    path.write_bytes(path.read_bytes()[:-1] + b"\7")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert "changed" in said(library.command("verify", "--all"))


def test_a_release_takes_the_adoption_back_and_touches_nothing(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    lay(library, f"{BLINK}/b.fits", 2)
    library.command("adopt", C8E)
    before = theirs(library.root)
    answer = library.command("adopt", f"{C8E}/20_Data", "--release")
    assert answer.data == {"released": 1}
    assert states(library) == {"b.fits": "offered"}
    assert theirs(library.root) == before
    assert library.command("adopt", C8E).data["registered"] == 1
    assert states(library) == {"a.fits": "accepted", "b.fits": "offered"}


def test_a_dry_run_writes_nothing(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits")
    before = set(library.root.rglob("*"))
    answer = library.command("adopt", C8E, "--dry-run")
    assert answer.data["understood"] == 1
    assert library.command("adopt", C8E, "--dry-run", "--link").data["linked"] == 0
    assert set(library.root.rglob("*")) == before
    library.command("adopt", C8E)
    before = set(library.root.rglob("*"))
    assert library.command("adopt", C8E, "--dry-run", "--release").data == {"released": 0, "would_release": 1}
    assert set(library.root.rglob("*")) == before
    assert states(library) == {"a.fits": "accepted"}


def test_a_dry_run_is_a_report_and_no_failure_whatever_it_finds(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits")
    put(library.root / DATA / "cut.fits", frame(2)[:2900], age_s=3600)
    answer = library.command("adopt", C8E, "--dry-run")
    assert answer.code() == 0
    assert f"{DATA}/cut.fits" in said(answer)


def test_files_left_out_and_adopted_frames_in_10_blink_are_in_status(library: LivingLibrary) -> None:
    lay(library, f"{BLINK}/b.fits")
    cut = put(library.root / DATA / "cut.fits", frame(2)[:2900], age_s=3600)
    library.command("adopt", C8E)
    told = said(library.command("status"))
    assert "1 file of adopted folders was left out: cut.fits: " in told
    assert "1 adopted frame lies in 10_Blink. It keeps what the folders say" in told
    assert f'doit adopt "{BLINK}" --link' in told
    cut.unlink()
    (library.root / C8E / "20_Data/M31/accept").mkdir(parents=True, exist_ok=True)
    library.command("adopt", C8E, "--release")
    assert "adopted" not in said(library.command("status"))


def test_two_copies_of_one_frame_count_once_where_it_went_furthest(library: LivingLibrary) -> None:
    lay(library, f"{BLINK}/a.fits")
    (library.root / DATA).mkdir(parents=True)
    shutil.copy2(library.root / BLINK / "a.fits", library.root / DATA / "a.fits")
    answer = library.command("adopt", C8E)
    assert answer.data["copies"] == [{"path": f"{BLINK}/a.fits", "of": f"{DATA}/a.fits"}]
    assert library.command("adopt", C8E).data["registered"] == 0
    assert library.stored == [f"{DATA}/a.fits"]


def test_a_copy_of_a_stored_frame_is_not_counted_again(library: LivingLibrary) -> None:
    put(library.inbox / "x.fits", frame(), age_s=3600)
    run_night(library)
    lay(library, "Copies/x.fits")
    answer = library.command("adopt", "Copies")
    assert answer.data["registered"] == 0
    assert answer.data["copies"][0]["of"] in library.ledger.stored


def test_what_programs_made_and_what_is_packed_is_left(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    lay(library, f"{DATA}/a_c.fits", 2)
    lay(library, f"{C8E}/20_Data/M31/calibrated/{SET}/b.fits", 3)
    lay(library, f"{C8E}/40_Process/M31/drizzle_L.fits", 4)
    lay(library, f"{C8E}/20_Data/M31/accept/DATE_2026-01-14/masterFlat_L.fits", 5, IMAGETYP="Master Flat")
    with zipfile.ZipFile(library.root / C8E / "20_Data/M33.zip", "w") as packed:
        packed.writestr("M33/accept/x.fits", frame(9))
    with tarfile.open(library.root / C8E / "20_Data/M42.tar", "w") as packed_too:
        packed_too.add(library.root / DATA / "a.fits", "M42/a.fits")
    (library.root / C8E / "20_Data/M51.tar.gz").write_bytes(b"not looked into")
    answer = library.command("adopt", C8E)
    assert answer.data["registered"] == 1
    assert answer.data["left"] == {"processed pictures": 3, "masters": 1}
    assert answer.data["archives"] == [
        {"path": f"{C8E}/20_Data/M33.zip", "frames": 1},
        {"path": f"{C8E}/20_Data/M42.tar", "frames": 1},
        {"path": f"{C8E}/20_Data/M51.tar.gz", "frames": None},
    ]
    assert "M42.tar (1 frame)" in said(answer)
    assert "M51.tar.gz (not listed)" in said(answer)


def test_hostile_files_are_named_and_the_rest_is_adopted(library: LivingLibrary, tmp_path: Path) -> None:
    lay(library, f"{DATA}/good.fits", 1)
    (library.root / DATA / "empty.fits").write_bytes(b"")
    put(library.root / DATA / "cut.fits", frame(2)[:2900], age_s=3600)
    put(library.root / DATA / "new.fits", frame(3), age_s=0)
    put(library.root / DATA / "text.fits", b"no frame at all" * 400, age_s=3600)
    os.utime(library.root / DATA / "empty.fits", (1e9, 1e9))
    lay(library, f"{DATA}/no target.fits", 4, OBJECT="../../etc\n<b>")
    answer = library.command("adopt", C8E)
    assert answer.data["registered"] == 2
    names = {one["path"].rpartition("/")[2] for one in answer.data["not_understood"]}
    assert names == {"empty.fits", "cut.fits", "new.fits", "text.fits"}
    assert all(one["why"] for one in answer.data["not_understood"])
    assert answer.code() == 1


@pytest.mark.skipif(os.name == "nt", reason="needs symbolic links and odd names")
def test_links_loops_and_odd_names_lead_nowhere(library: LivingLibrary, tmp_path: Path) -> None:
    lay(library, f"{DATA}/good.fits")
    put(tmp_path / "elsewhere/x.fits", frame(2), age_s=3600)
    (library.root / DATA / "out").symlink_to(tmp_path / "elsewhere")
    (library.root / DATA / "loop").symlink_to(library.root)
    (library.root / DATA / "frame.fits").symlink_to(tmp_path / "elsewhere/x.fits")
    put(library.root / DATA / "new\nline.fits", frame(3), age_s=3600)
    (library.root / DATA / "folder.fits").mkdir()
    answer = library.command("adopt", C8E)
    assert answer.data["registered"] == 1
    assert len(answer.data["problems"]) == 4
    assert all("\n" not in problem for problem in answer.data["problems"])


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs folders that cannot be read")
def test_a_folder_nobody_may_read_is_said(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/good.fits")
    (library.root / C8E / "60_Done").mkdir(mode=0)
    try:
        assert "could not be read" in said(library.command("adopt", C8E))
    finally:
        (library.root / C8E / "60_Done").chmod(0o755)


def test_spellings_that_look_alike_are_said_and_not_joined(library: LivingLibrary) -> None:
    lay(library, f"{C8E}/20_Data/M31/accept/{SET}/a.fits", 1)
    lay(
        library,
        f"{C8E}/60_Done/M 31/accept/{SET.replace('_L_', '_LeXtr_')}/b.fits",
        2,
        OBJECT="M 31",
        FILTER="LeXtr",
    )
    lay(
        library,
        f"{C8E}/60_Done/M 31/accept/{SET.replace('_L_', '_LexTr_')}/c.fits",
        3,
        OBJECT="M 31",
        FILTER="LexTr",
    )
    alike = library.command("adopt", C8E).data["alike"]
    assert {one["what"]: one["names"] for one in alike} == {
        "target": ["M 31", "M31"],
        "filter": ["LeXtr", "LexTr"],
    }


def test_a_folder_outside_is_only_linked(library: LivingLibrary, tmp_path: Path) -> None:
    path = put(tmp_path / f"old/{DATA}/a.fits", frame(), age_s=3600)
    with pytest.raises(UserError, match="--link"):
        library.command("adopt", str(tmp_path / "old"))
    answer = library.command("adopt", str(tmp_path / "old" / C8E / "20_Data"), "--link")
    assert answer.data["linked"] == 1
    (stored,) = library.stored
    assert stored.startswith(f"{C8E}/00_Frames/DATE_2026-01-14/LIGHT/M31/")
    assert path.exists()
    assert library.command("adopt", str(tmp_path / "old" / C8E / "20_Data"), "--link").data["linked"] == 0


def test_linked_frames_keep_the_places_their_person_gave_them(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    lay(library, f"{BLINK}/b.fits", 2)
    lay(library, f"{C8E}/60_Done/M33/accept/{SET}/c.fits", 3, OBJECT="M33")
    library.command("adopt", C8E)
    before = {path: found[0] for path, found in theirs(library.root).items()}
    assert library.command("adopt", C8E, "--link").data["linked"] == 3
    assert library.command("adopt", C8E, "--link").data["linked"] == 0
    assert not library.ledger.adopted
    assert sorted(states(library).values()) == ["accepted", "moved on", "offered"]
    run_night(library)
    after = theirs(library.root)
    assert all(after[path][0] == data for path, data in before.items() if "10_Blink" not in path)


@pytest.mark.parametrize("where", ["inside", "outside"])
def test_linked_frames_that_were_accepted_or_rejected_stay_so(
    library: LivingLibrary, tmp_path: Path, where: str
) -> None:
    base = library.root if where == "inside" else tmp_path / "old"
    for number, name in enumerate("abcde"):
        folder = "bad" if name == "e" else "accept"
        put(base / f"{C8E}/10_Blink/M31/{folder}/{SET}/{name}.fits", frame(number), age_s=3600)
    adopted = C8E if where == "inside" else str(base / C8E)
    answer = library.command("adopt", adopted, "--link")
    assert "4 accepted, 1 blinked away" in said(answer)
    assert library.command("adopt", adopted, "--link").data["linked"] == 0
    run_night(library)
    assert run_night(library) == []
    (one,) = (book := open_book(library.root, C8E, START.date())).sets
    stood = [told.state for told in look_at_set(book, one).standings.values()]
    assert (stood.count(State.ACCEPTED), stood.count(State.REJECTED)) == (4, 1)
    seen = {
        folder: len([*library.root.glob(f"{folder}/**/*.fits")]) for folder in ("_Reject", f"{C8E}/20_Data")
    }
    assert seen == {"_Reject": 1, f"{C8E}/20_Data": 4}
    assert not [*library.root.glob(f"{C8E}/10_Blink/**/*.fits")]


@pytest.mark.parametrize(
    ("path", "cards", "expected"),
    [
        pytest.param(
            "LIGHT/M31/ASI2600MMPRO/C8E/L/2026-01-14/M31_LIGHT_L_300s_0001.fits",
            {},
            (C8E, "LIGHT", "M31", "L", 300.0),
            id="astro_cat",
        ),
        pytest.param(
            "CALIBRATION/ASI2600MM/DARK/300s/2026-01-14/CAM_DARK_300s_0001.fits",
            {"IMAGETYP": "DARK", "OBJECT": None, "FILTER": None},
            ("ZWO ASI2600MM Pro", "DARK", None, None, 300.0),
            id="astro_cat's darks",
        ),
        pytest.param(
            "Light/M31/C8E/ZWO_ASI2600MM_Pro/20260114/M31-C8E-ASI2600-L-20260114220500-300s-1x1-t-10.fits",
            {},
            (C8E, "LIGHT", "M31", "L", 300.0),
            id="AstroFiler",
        ),
        pytest.param(
            "LIGHT/C8E+ZWO ASI2600MM Pro/M31/DATE_2026-01-14/FILTER_L_EXP_300.00_SETTEMP_-10.00/x.fits",
            {"OBJECT": None, "FOCRATIO": None, "FOCALLEN": 2032.0},
            (C8E, "LIGHT", "M31", "L", 300.0),
            id="a plain NINA tree",
        ),
        pytest.param(
            "ASIAIR/Autorun/Light/M 8/Light_M 8_300.0s_Bin1_2600MM_gain100_20260114-230500_-10.0C_0001.fit",
            {
                "TELESCOP": "ZWO AM5",
                "OBJECT": "M 8",
                "FILTER": None,
                "SWCREATE": None,
                "CREATOR": "ZWO ASIAIR Plus",
            },
            (C8E, "LIGHT", "M 8", None, 300.0),
            id="ASIAIR",
        ),
        pytest.param(
            "Seestar/M 31_sub/Light_M 31_10.0s_LP_20260114-230500.fit",
            {
                "INSTRUME": "Seestar S50",
                "TELESCOP": "S50_1623087d",
                "CREATOR": "ZWO Seestar S50",
                "SWCREATE": None,
                "OBJECT": "M 31",
                "EXPOSURE": 10.0,
                "EXPTIME": 10.0,
                "FILTER": "LP",
                "FOCALLEN": 250,
                "FOCRATIO": None,
                "APERTURE": 5.0,
                "SET-TEMP": None,
            },
            ("Seestar S50@f5.0+Seestar S50", "LIGHT", "M 31", "LP", 10.0),
            id="Seestar",
        ),
    ],
)
def test_other_programs_trees_are_understood(
    library: LivingLibrary, path: str, cards: dict[str, Value | None], expected: tuple[object, ...]
) -> None:
    rigs = library.root / "_Rigs"
    (rigs / f"{C8E}.toml").write_text(
        'optic = "C8E"\nfocal_ratio = 10\nfocal_length_mm = 2032\ncamera = "ZWO ASI2600MM Pro"\n',
        encoding="utf-8",
    )
    lay(library, path, 1, **{key.replace("-", "__"): value for key, value in cards.items()})
    answer = library.command("adopt", path.partition("/")[0])
    assert not answer.data["not_understood"], answer.data
    (one,) = answer.data["sets"]
    rig, kind, target, filter_name, exposure_s = expected
    assert (one["owner"], one["kind"]) == (rig, kind)
    assert one["target"] == (target or "")
    assert one["night"] == "2026-01-14"
    assert float(one["exposure_s"]) == exposure_s
    assert filter_name is None or one["filter"] == filter_name


def test_frames_that_do_not_say_their_rig_are_somebodys(library: LivingLibrary) -> None:
    lay(library, "Old/M31/a.fits", 1, TELESCOP=None, FOCRATIO=None, FOCALLEN=None)
    assert library.command("adopt", "Old").data["registered"] == 0
    assert library.command("adopt", "Old", "--rig", C8E).data["registered"] == 1
    assert [one.rig for one in open_book(library.root, C8E, START.date()).adopted_sets] == [C8E]


def test_a_stopped_adoption_goes_on(library: LivingLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    for night in range(3):
        when = {"DATE-OBS": f"2026-01-{14 + night}T22:00:00", "DATE-LOC": f"2026-01-{14 + night}T23:00:00"}
        day = f"DATE_2026-01-{14 + night}"
        lay(
            library,
            f"{C8E}/20_Data/M31/accept/{day}/a.fits",
            night,
            **{k.replace("-", "__"): v for k, v in when.items()},
        )
    write, calls = ledgers.write, []

    def stop(*words: object) -> object:
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return write(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(ledgers, "write", stop)
    with pytest.raises(KeyboardInterrupt):
        library.command("adopt", C8E)
    assert len(library.stored) == 1
    monkeypatch.setattr(ledgers, "write", write)
    assert library.command("adopt", C8E).data["registered"] == 2
    assert len(library.stored) == 3


def test_our_own_folders_are_not_adopted(library: LivingLibrary) -> None:
    put(library.inbox / "x.fits", frame(), age_s=3600)
    run_night(library)
    assert library.command("adopt", ".").data["understood"] == 0
    with pytest.raises(UserError, match="ours already"):
        library.command("adopt", f"{C8E}/00_Frames")


def test_an_adopted_frame_is_never_purged(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits")
    library.command("adopt", C8E)
    answer = library.command("purge", f"{DATA}/a.fits", "--yes")
    assert "your own file" in said(answer)
    assert (library.root / DATA / "a.fits").exists()


def test_typed_in_a_shell_it_adopts_and_the_next_night_says_so(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    lay(library, f"{BLINK}/b.fits", 2)
    result = library.doit("adopt", C8E)
    assert "2 frames understood, of 1 rig and 1 night: 1 offered, 1 accepted" in result.stdout
    assert "2 frames registered where they lie." in result.stdout
    before = theirs(library.root)
    assert "2 adopted where they lie" in library.doit().stdout
    assert "Nothing due" in library.doit().stdout
    assert theirs(library.root) == before
    whole = library.picture()
    library.forget()
    library.doit()
    assert library.picture() == whole


def test_commands_that_would_act_on_an_adopted_frame_say_what_its_person_can_do(
    library: LivingLibrary,
) -> None:
    lay(library, f"{BLINK}/b.fits")
    library.command("adopt", C8E)
    for words in (("accept", BLINK), ("blink", "--reject", f"{BLINK}/b.fits")):
        with pytest.raises(UserError, match="--link"):
            library.command(*words)
    assert "offered: adopted" in said(library.command("why", f"{BLINK}/b.fits"))
    named = f"{C8E}/M31/{SET}"
    for words in (
        ("accept", named),
        ("accept", "--rig", "C8E", "--night", "2026-01-14"),
        ("cull", named, "--keep"),
    ):
        with pytest.raises(UserError, match="Adopted sets keep what their folders say"):
            library.command(*words)


def test_a_correction_is_heard_by_an_adopted_frame(library: LivingLibrary) -> None:
    lay(library, f"{DATA}/a.fits", 1)
    library.command("adopt", C8E)
    library.command("correct", f"{DATA}/a.fits", "target=M33")
    assert [one.target for one in open_book(library.root, C8E, START.date()).adopted_sets] == ["M33"]


def test_a_frame_moved_into_accept_by_hand_counts(library: LivingLibrary) -> None:
    lay(library, f"{BLINK}/b.fits", 1)
    lay(library, f"{BLINK}/c.fits", 2)
    library.command("adopt", C8E)
    accepted = library.root / C8E / "10_Blink/M31/accept" / SET
    accepted.mkdir(parents=True)
    (library.root / BLINK / "b.fits").rename(accepted / "b.fits")
    run_night(library)
    assert states(library) == {"b.fits": "accepted", "c.fits": "offered"}


def test_new_nights_go_into_the_folder_its_person_keeps_the_target_in(library: LivingLibrary) -> None:
    lay(library, f"{C8E}/20_Data/M 31/accept/{SET}/a.fits", 1, OBJECT="M 31")
    library.command("adopt", C8E)
    put(library.inbox / "b.fits", frame(2, OBJECT="m 31"), age_s=3600)
    run_night(library)
    (stored,) = (path for path in library.stored if "00_Frames" in path)
    assert "/M 31/" in stored
