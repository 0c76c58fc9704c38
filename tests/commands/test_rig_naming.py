"""`doit rig`: the list, a rig nobody described, another name for a known one, and the way back."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from pipeline.model.answers import Context
from pipeline.model.errors import ConfigError, UserError
from pipeline.world.configuration import load_configuration, shipped_folder
from tests.living_library import executed
from tests.small_library import C8E, bare_library, said, shoot, tree

STRANGER = "Esprit100@f5.5+QHY268M"
ALIAS = "Edge 8@f10.0+ASI2600MM"


@pytest.fixture
def library(tmp_path):
    return bare_library(tmp_path / "library")


def shoot_stranger(library, number=1, **changes):
    own = {"TELESCOP": "Esprit100", "INSTRUME": "QHY268M", "FOCRATIO": 5.5, "FOCALLEN": 550.0}
    return shoot(library, f"new/{number}.fits", number, **(own | changes))


def shoot_alias(library, number=1, **changes):
    return shoot(
        library, f"edge/{number}.fits", number, **({"TELESCOP": "Edge 8", "INSTRUME": "ASI2600MM"} | changes)
    )


def rig(library, name):
    return load_configuration(library.root).rig(name)


def test_the_list_has_the_known_with_their_frames_and_the_waiting_with_the_nearest(library):
    shoot(library, "a.fits", 1)
    shoot_stranger(library, 2)
    shoot_stranger(library, 3)
    shoot_alias(library, 4)
    library.doit()
    data = library.ask("rig")
    assert {row["rig"]: row["frames"] for row in data["known"]}[C8E] == 1
    waiting = {row["rig"]: row for row in data["waiting"]}
    assert waiting[STRANGER]["frames"] == 2
    assert waiting[STRANGER]["nearest"] is None
    assert shlex.split(waiting[STRANGER]["command"]) == ["doit", "rig", "--new", STRANGER]
    assert waiting[ALIAS]["nearest"] == C8E
    assert shlex.split(waiting[ALIAS]["or_else"]) == ["doit", "rig", "--alias", ALIAS, C8E]


def test_without_a_library_the_known_rigs_are_listed(tmp_path, library):
    from pipeline.commands import rig as command

    answer = command.list_rigs(Context(folder=tmp_path))
    assert C8E in said(answer)


def test_a_new_rig_is_filled_from_its_waiting_frames_and_frees_them(library):
    shoot_stranger(library, 1, FILTER="Ha")
    shoot_stranger(library, 2, FILTER="OIII")
    shoot(library, "a.fits", 3)
    library.night()
    told = library.doit("rig", "--new", "Esprit100@f5.5+QHY268M", "--from", "sqa55@f5.3+atr585m")
    assert "2 frames that waited for it" in told.stdout
    assert "copied there" in told.stdout
    made = rig(library, STRANGER)
    assert (made.focal_length_mm, made.camera.pixel_um, made.camera.width_px) == (550.0, 3.76, 12)
    assert [item.name for item in made.filters] == ["Ha", "OIII"]
    assert made.cull.pass1.rms_arcsec == 2.0
    assert rig(library, C8E) is not None
    library.doit()
    assert [stored.partition("/")[0] for stored in library.stored] == [C8E, STRANGER, STRANGER]
    assert executed(library.doit()) == []


def test_a_rig_that_looks_like_a_known_one_is_made_and_the_known_one_named(library):
    shoot_alias(library)
    told = said(library.command("rig", "--new", ALIAS))
    assert f"It looks much like {C8E}" in told
    assert "--alias" in told


def test_a_new_rig_no_frame_waits_for_has_what_its_name_says(library):
    told = library.command("rig", "--new", "A@f4+B")
    assert told.data["frames"] == 0
    assert rig(library, "A@f4.0+B").focal_ratio == 4.0


def test_new_is_undone_as_long_as_nothing_hangs_on_it(library):
    shoot_stranger(library)
    before = tree(library)
    library.command("rig", "--new", STRANGER)
    library.command("rig", "--new", STRANGER, "--undo")
    assert tree(library) == before
    with pytest.raises(UserError, match="No rig file describes"):
        library.command("rig", "--new", STRANGER, "--undo")


def test_undo_of_new_leaves_an_edited_file_and_one_with_frames(library):
    shoot_stranger(library)
    file = library.command("rig", "--new", STRANGER).data["file"]
    Path(file).write_text(Path(file).read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(UserError, match="was edited"):
        library.command("rig", "--new", STRANGER, "--undo")
    library.night()
    with pytest.raises(UserError, match="has 1 frame stored under it"):
        library.command("rig", "--new", STRANGER, "--undo")
    with pytest.raises(UserError, match="was not made by"):
        library.command("rig", "--new", C8E, "--undo")


def test_settings_of_ones_own_are_not_joined_by_the_shipped_and_outlive_an_undo(library):
    (library.root / "_Rigs").mkdir()
    library.settings("settle_seconds = 0\n")
    before = tree(library)
    library.command("rig", "--new", STRANGER)
    assert sorted(path.name for path in (library.root / "_Rigs").iterdir()) == [
        f"{STRANGER}.toml",
        "library.toml",
    ]
    library.command("rig", "--new", STRANGER, "--undo")
    assert tree(library) == before


def test_two_new_rigs_are_undone_in_any_order(library):
    before = tree(library)
    for name in ("A@f4.0+B", "C@f5.0+D"):
        library.command("rig", "--new", name)
    library.command("rig", "--new", "A@f4.0+B", "--undo")
    assert rig(library, "C@f5.0+D") is not None
    library.command("rig", "--new", "C@f5.0+D", "--undo")
    assert tree(library) == before


def test_a_shipped_copy_edited_since_outlives_the_undo(library):
    library.command("rig", "--new", "A@f4.0+B")
    mine = library.root / "_Rigs" / "library.toml"
    mine.write_text("settle_seconds = 0\n", encoding="utf-8")
    library.command("rig", "--new", "A@f4.0+B", "--undo")
    assert mine.is_file()
    assert rig(library, C8E) is not None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--new", "Esprit"], "write <optic>@f<ratio>"),
        (["--new", "Esprit@fRATIO+QHY"], "focal ratio as a number"),
        (["--new", "@f5+QHY"], "optic and camera"),
        (["--new", "A@f0+QHY"], "focal ratio of 0"),
        (["--new", "A@f5+Q\x1bY"], "can be shown"),
        (["--new", "c8e@f10+zwo asi2600mm pro"], "is a known rig"),
        (["--new", "A@f5+B", "--from", "C8E@f10.0+ASI2600MM"], "did you mean C8E"),
        (["--new", "A@f5+B", "--until", "2026-01-01"], "--until goes with --alias"),
        (["--new", "A@f5+B", "--alias", "A@f5+B", C8E], "two things"),
        (["--undo"], "--undo goes with"),
        (["--alias", "Edge@f10+X", "nothing"], "No rig file describes"),
        (["--alias", "Edge@f7+X", C8E], "another rig"),
        (["--alias", "Edge", C8E], "write optic and camera"),
        (["--alias", "Edge@f10+X", C8E, "--from", "soon"], "is no night"),
        (["--alias", "Edge@f10+X", C8E, "--from", "2026-01-02", "--until", "2026-01-01"], "not later"),
        (["--alias", "Edge@f10+X", C8E, "--undo"], "did not tell"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_nothing_is_written(library, words, sentence):
    before = tree(library)
    with pytest.raises(UserError, match=sentence):
        library.command("rig", *words)
    assert tree(library) == before
    assert not (library.root / "_Decisions").exists()


def test_a_hostile_name_makes_one_safe_file(library):
    library.command("rig", "--new", "../../etc/CON@f5+..\\x")
    made = [path.name for path in (library.root / "_Rigs").iterdir() if "CON" in path.name]
    assert len(made) == 1
    assert rig(library, "../../etc/CON@f5.0+..\\x") is not None


def test_an_alias_is_heard_by_the_waiting_frames(library):
    shoot_alias(library)
    library.doit()
    assert library.stored == []
    told = library.doit("rig", "--alias", ALIAS, C8E)
    assert "1 frame that waited for it" in told.stdout
    file = library.root / "_Rigs" / f"{C8E}.toml"
    shipped = (shipped_folder() / f"{C8E}.toml").read_text(encoding="utf-8")
    comments = [line for line in shipped.splitlines() if line.startswith("#")]
    assert comments
    assert all(line in file.read_text(encoding="utf-8") for line in comments)
    library.doit()
    assert library.stored[0].startswith(f"{C8E}/")
    assert "already" in said(library.command("rig", "--alias", "edge 8@f10+asi2600mm", C8E))


def test_an_alias_that_held_between_dates_frees_only_frames_of_those(library):
    shoot_alias(library)
    told = library.command("rig", "--alias", ALIAS, C8E, "--from", "2026-02-01", "--until", "2026-03-01")
    assert told.data["freed"] == 0
    assert told.data["left"] == 1
    (optic,) = rig(library, C8E).optic_aliases[-1:]
    assert (optic.name, str(optic.valid_from), str(optic.valid_to)) == ("Edge 8", "2026-02-01", "2026-03-01")


def test_a_rig_written_without_its_ratio_can_be_an_alias_too(library):
    shoot_alias(library, FOCRATIO=None)
    library.command("rig", "--alias", "Edge 8+ASI2600MM", C8E)
    library.night()
    assert library.stored[0].startswith(f"{C8E}/")


def test_an_alias_another_rig_claims_is_refused(library):
    before = tree(library)
    with pytest.raises(ConfigError, match="could also be the rig"):
        library.command("rig", "--alias", "Trio@f5.3+ATR585M", "SQA55@f5.3+ATR585M")
        library.command("rig", "--new", "Trio@f5.3+ATR585M")
    library.command("rig", "--alias", "Trio@f5.3+ATR585M", "SQA55@f5.3+ATR585M", "--undo")
    assert tree(library) == before


def test_unknown_rigs_are_stored_under_their_own_name_where_that_is_asked_for(library):
    (library.root / "_Rigs").mkdir()
    library.settings('unknown_rigs = "accept"\n')
    shoot_stranger(library, 1)
    shoot_stranger(library, 2, INSTRUME=None)
    library.doit()
    (stored,) = library.stored
    assert stored.startswith(f"{STRANGER}/00_Frames/DATE_2026-01-14/LIGHT/M31/")
    (known,) = (row for row in library.ask("rig")["known"] if row["rig"] == STRANGER)
    assert known["frames"] == 1
    assert "_default.toml" in known["file"]
    assert executed(library.doit()) == []
