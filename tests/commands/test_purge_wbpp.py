"""What WBPP left is thrown away only when a library has every master of it, byte for byte; nothing else is touched."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from pipeline.model.answers import CANNOT, OK, WAITS
from pipeline.model.errors import UserError
from pipeline.rules.purge_wbpp import Part, part_of, why_never
from pipeline.world import trash
from tests.killed import killed_at
from tests.looking import answered
from tests.stages.night_library import RIG, configure, new_library, outside_caches
from tests.stages.test_gathered import gather, in_libraries, library_with, master


def purge(library: Path, *words: str):
    return answered(library, "purge", "--wbpp", *words)


def filled(tmp_path: Path, number: int = 2) -> tuple[Path, Path]:
    """A library that has taken what lies in a WBPP folder."""
    library, wbpp = library_with(tmp_path)
    for seed in range(number):
        master(
            wbpp, f"master/masterDark_{seed}.fits", seed, IMAGETYP="Master Dark", EXPTIME=60.0 * (seed + 1)
        )
    gather(library)
    assert len(in_libraries(library)) == number
    return library, wbpp


def files(folder: Path) -> list[str]:
    """All but the caches; links as what they are."""
    found = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in found if ".nightbuild" not in path.parts)


def test_what_a_library_has_goes_to_a_trash_beside_the_folder(tmp_path):
    library, wbpp = filled(tmp_path)
    (wbpp / "logs").mkdir()
    (wbpp / "logs/run.log").write_text("said")
    whole = {path.name: path.read_bytes() for path in (wbpp / "master").iterdir()}
    before, there = outside_caches(library), files(wbpp)
    answer = purge(library)
    assert answer.code() == OK and files(wbpp) == there and outside_caches(library) == before
    assert (
        "2 masters, each of which a library has byte for byte, and 1 file beside them" in answer.sentences[0]
    )
    assert answer.closing[-1] == "Nothing was changed. To do it: doit purge --wbpp --yes"
    done = purge(library, "--yes")
    assert done.code() == OK and files(wbpp) == [] and list(wbpp.iterdir()) == []
    assert done.data["folders"][0]["files"] == 3
    thrown = Path(done.data["folders"][0]["trash"])
    assert thrown == tmp_path / "_Trash"
    assert {path.name: path.read_bytes() for path in thrown.rglob("*.fits")} == whole
    assert outside_caches(library) == before
    assert gather(library) == "" and purge(library, "--yes").code() == OK


def test_the_trash_beside_the_folder_is_shown_restored_and_emptied(tmp_path):
    library, wbpp = filled(tmp_path)
    (tmp_path / "_Trash/2026-01-01_00-00-00").mkdir(parents=True)
    mine = tmp_path / "_Trash/2026-01-01_00-00-00/mine.txt"
    mine.write_text("a person's")
    purge(library, "--yes")
    shown = answered(library, "trash").data["trash"]
    wanted = [(wbpp / f"master/masterDark_{seed}.fits").as_posix() for seed in (0, 1)]
    assert [one["origin"] for one in shown] == wanted
    assert answered(library, "trash", "--restore", wanted[1]).data["restored"] == [wanted[1]]
    assert files(wbpp) == ["master/masterDark_1.fits"]
    looked = answered(library, "trash", "--empty")
    assert looked.data["freed_bytes"] > 0 and len(looked.data["files"]) == 1
    assert answered(library, "trash", "--empty", "--yes").code() == OK
    assert answered(library, "trash").data["trash"] == [] and mine.read_text() == "a person's"


@pytest.mark.parametrize("harm", ["new", "changed", "light", "note", "spoilt twin"])
def test_one_without_a_twin_keeps_all_of_them(tmp_path, harm):
    library, wbpp = filled(tmp_path)
    if harm == "new":
        odd = master(wbpp, "master/masterBias.fits", 9, IMAGETYP="Master Bias")
    elif harm == "light":
        odd = master(wbpp, "master/masterLight_M31.xisf", 9)
    elif harm == "note":
        odd = wbpp / "final.psd"
        odd.write_bytes(b"mine")
    else:
        odd = wbpp / "master/masterDark_0.fits"
        there = odd if harm == "changed" else library / in_libraries(library)[0]
        seen, data = there.stat(), bytearray(there.read_bytes())
        data[-3000] ^= 1
        there.chmod(0o644)
        there.write_bytes(data)
        os.utime(there, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    before = files(wbpp)
    for words in ((), ("--yes",)):
        answer = purge(library, *words)
        assert answer.code() == CANNOT and files(wbpp) == before
        (refused,) = answer.data["folders"][0]["refused"]
        if harm != "spoilt twin":
            assert refused.startswith(str(odd))


def test_a_picture_that_cannot_be_read_is_named_with_what_to_do(tmp_path):
    library, wbpp = filled(tmp_path)
    (wbpp / "master/masterDark_9.xisf").write_bytes(b"XISF0100" + bytes(8))
    (refused,) = purge(library).data["folders"][0]["refused"]
    assert "no library can take it (" in refused and "delete it, or move it away" in refused
    assert "run `doit`" not in refused


def test_links_are_not_followed_and_stay(tmp_path):
    library, wbpp = filled(tmp_path)
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "light.fits").write_bytes(b"mine")
    (wbpp / "away").symlink_to(precious, target_is_directory=True)
    (wbpp / "master/one.fits").symlink_to(precious / "light.fits")
    answer = purge(library, "--yes")
    assert answer.code() == OK and answer.data["folders"][0]["links_left"] == 2
    assert files(wbpp) == ["away", "master/one.fits"] and (precious / "light.fits").read_bytes() == b"mine"
    assert any("2 links or the like stay" in line for line in answer.sentences)


@pytest.mark.parametrize(
    "place", ["", "_Dark Library", "..", "_Inbox", "C8E@f10.0+ZWO ASI2600MM Pro", "link"]
)
def test_folders_of_the_library_and_links_are_never_emptied(tmp_path, place):
    library, wbpp = filled(tmp_path)
    (library / "C8E@f10.0+ZWO ASI2600MM Pro").mkdir(exist_ok=True)
    if place == "link":
        (tmp_path / "link").symlink_to(wbpp, target_is_directory=True)
    configure(
        library, f"[masters]\nwbpp_output = '{tmp_path / place if place == 'link' else library / place}'\n"
    )
    before = files(tmp_path)
    answer = purge(library, "--yes")
    assert answer.code() == CANNOT and files(tmp_path) == before
    assert "stays as it is" in answer.sentences[0]


def test_a_folder_in_the_library_uses_the_librarys_trash(tmp_path):
    library, _ = library_with(tmp_path)
    configure(library, "[masters]\nwbpp_output = 'WBPP/master'\n")
    master(library, "WBPP/master/masterDark.fits", IMAGETYP="Master Dark", EXPTIME=60.0)
    gather(library)
    assert purge(library, "--yes").code() == OK
    assert files(library / "WBPP") == []
    assert answered(library, "trash").data["trash"][0]["origin"] == "WBPP/master/masterDark.fits"
    answered(library, "trash", "--restore", "WBPP/master/masterDark.fits")
    assert files(library / "WBPP") == ["master/masterDark.fits"]


def test_what_changes_meanwhile_stays(tmp_path, monkeypatch):
    library, wbpp = filled(tmp_path)
    from pipeline.world import purge_wbpp

    real = purge_wbpp._prove

    def slowly(*args):
        real(*args)
        (wbpp / "master/masterDark_1.fits").write_bytes(b"anew")

    monkeypatch.setattr(purge_wbpp, "_prove", slowly)
    answer = purge(library, "--yes")
    assert answer.code() == WAITS and files(wbpp) == ["master/masterDark_1.fits"]


def test_a_full_disk_stops_it_with_a_sentence(tmp_path, monkeypatch):
    library, wbpp = filled(tmp_path)

    def full(*_args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pipeline.world.trash.journals.append", full)
    answer = purge(library, "--yes")
    assert answer.code() == CANNOT and len(files(wbpp)) == 2
    assert "takes nothing more" in answer.sentences[-1]


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_killed_in_the_middle_the_same_command_ends_it(tmp_path):
    library, wbpp = filled(tmp_path, 3)
    assert (
        killed_at(library, "pipeline.world.trash:_move", 2, "before", "purge", "--wbpp", "--yes")
        == -signal.SIGKILL
    )
    assert len(files(wbpp)) == 2
    assert purge(library, "--yes").code() == OK
    assert files(wbpp) == [] and len(files(tmp_path / "_Trash")) == 4


def test_hostile_names_are_only_names(tmp_path):
    library, wbpp = filled(tmp_path, 1)
    (wbpp / "logs").mkdir()
    for name in ("a\nb.log", "logs/<script>.txt", "..log.log", "logs/CON.txt"):
        (wbpp / name).write_text("said")
    assert purge(library, "--yes").code() == OK
    assert files(wbpp) == []


def test_nothing_named_a_folder_away_and_a_number_not_expected(tmp_path):
    library, wbpp = filled(tmp_path)
    assert purge(library, "--yes", "--expect", "3").code() == CANNOT
    assert len(files(wbpp)) == 2
    configure(library, "[masters]\nwbpp_output = '/no/such/folder'\n")
    assert purge(library, "--yes").code() == CANNOT
    configure(library)
    with pytest.raises(UserError, match="No folder is named"):
        purge(library)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("master/masterDark.xisf", Part.TWIN),
        ("registered/light_r.xisf", Part.ALONG),
        ("calibrated/masterDark.xisf", Part.TWIN),
        ("logs/run.log", Part.ALONG),
        ("logs/run.TXT", Part.ALONG),
        ("logs/light_001.fits", Part.TWIN),
        ("cache/light_001.xisf", Part.TWIN),
        ("cache/final.psd", Part.STRANGE),
        ("registered/final.psd", Part.STRANGE),
        ("registered/final.tif", Part.TWIN),
        ("registered/light_r.xnml", Part.ALONG),
        ("registered/notes.txt", Part.STRANGE),
        ("notes.txt", Part.STRANGE),
        ("plan.csv", Part.STRANGE),
        ("Thumbs.db", Part.ALONG),
        ("final.tif", Part.TWIN),
        ("work.pxiproject", Part.STRANGE),
        (".keep", Part.KEPT),
    ],
)
def test_what_a_file_is_to_a_purge(path, part):
    assert part_of(path) is part


def test_folders_that_are_never_emptied():
    ours = ("/cards/inbox",)
    assert why_never("/d/DWARF/CALI_FRAME", "/astro", ours)
    assert why_never("/d/DWARF/cali_frame/cam_0", "/astro", ours)
    assert why_never("/", "/astro", ours) and why_never("/astro", "/astro", ours)
    assert why_never("/cards", "/astro", ours) and why_never("/cards/inbox/x", "/astro", ours)
    assert why_never("/astro/_Calibration/x", "/astro", ours)
    assert why_never("/astro/C8E@f10.0+x/20_Data", "/astro", ours)
    assert why_never("/Astro", "/astro", ours)
    assert not why_never("/astro/WBPP", "/astro", ours) and not why_never("/astro2/WBPP", "/astro", ours)


@pytest.mark.parametrize("how", ["library", "folder in it", "within the library"])
def test_a_master_is_never_its_own_twin(tmp_path, how):
    library, wbpp = library_with(tmp_path)
    if how == "within the library":
        wbpp = library / "WBPP"
        configure(library, "[masters]\nwbpp_output = 'WBPP'\n")
    for name in ("masterDark_0.fits", "copy of masterDark_0.fits"):
        master(wbpp, f"master/{name}", 1, IMAGETYP="Master Dark", EXPTIME=60.0)
    home = library / "_Dark Library"
    if how == "folder in it":
        home.mkdir()
        home = home / "mine"
    home.symlink_to(wbpp / "master", target_is_directory=True)
    before = files(tmp_path)
    answer = purge(library, "--yes")
    assert answer.code() == CANNOT and files(tmp_path) == before
    assert len(answer.data["folders"][0]["refused"]) == 2


def test_the_trash_of_another_library_is_not_ours(tmp_path):
    library, wbpp = filled(tmp_path)
    other = new_library(tmp_path / "other", RIG)
    (other / "WBPP").mkdir()
    (other / "only.fits").write_bytes(b"x" * 100)
    trash.throw(other, "only.fits", why="you gave it up")
    configure(library, f"[masters]\nwbpp_output = ['{other / 'WBPP'}', '{wbpp}']\n")
    (tmp_path / "theirs.fits").write_bytes(b"x" * 100)
    trash.throw(tmp_path, "theirs.fits", why="a library has it as x", by="0123456789abcdef")
    before = files(tmp_path)
    assert answered(library, "trash").data["trash"] == []
    answered(library, "trash", "--empty", "--yes")
    assert files(tmp_path) == before
    configure(library, f"[masters]\nwbpp_output = '{wbpp}'\n")
    assert purge(library, "--yes").code() == OK
    assert len(answered(library, "trash").data["trash"]) == 2
    answered(library, "trash", "--empty", "--yes")
    assert [path for path in files(tmp_path / "_Trash") if path.endswith(".fits")] == [
        path.removeprefix("_Trash/") for path in before if path.startswith("_Trash/2") and "theirs" in path
    ]


@pytest.mark.parametrize("place", ["", "_Dark Library", "WBPP"])
def test_no_folder_of_another_library_is_emptied(tmp_path, place):
    library, _ = filled(tmp_path)
    other = new_library(tmp_path / "other", RIG)
    for home in ("_Dark Library/ZWO", "WBPP"):
        master(other, f"{home}/masterDark.fits", 7, IMAGETYP="Master Dark", EXPTIME=30.0)
    configure(library, f"[masters]\nwbpp_output = '{other / place}'\n")
    gather(library)
    before = files(tmp_path)
    answer = purge(library, "--yes")
    assert answer.code() == CANNOT and files(tmp_path) == before
    assert "another library" in answer.sentences[0]
