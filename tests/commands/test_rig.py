"""`doit rig`: a rig file from a NINA profile, its difference, and its update."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline.commands import rig, rig_profile
from pipeline.engine.printing import json_lines, text_lines
from pipeline.model.answers import CANNOT, OK, WAITS, Answer, Context
from pipeline.model.errors import ConfigError, NotReachable, UserError
from pipeline.world import rig_folder
from pipeline.world.configuration import read_folder, read_rig_file
from pipeline.world.selected import ID_FILE
from tests.profiles import write_profile

NAME = "C8E@f10.0+ZWO ASI2600MM Pro"


@pytest.fixture
def rigs(tmp_path: Path) -> Path:
    folder = tmp_path / "rigs"
    folder.mkdir()
    (folder / "library.toml").write_text(
        '[[site]]\nname = "backyard"\nlatitude = 40.52\nlongitude = -3.2\n', encoding="utf-8"
    )
    return folder


def ask(folder: Path, *typed: str, rigs: Path | None = None, library: Path | None = None) -> Answer:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    rig.add_arguments(parser)
    environment = {"NIGHTBUILD_RIGS": str(rigs)} if rigs else {}
    return rig.run(
        parser.parse_args(list(typed)), Context(folder=folder, environment=environment, library=library)
    )


def said(answer: Answer) -> str:
    return "\n".join(text_lines(answer))


def test_a_new_rig_file_is_written_and_read_back(tmp_path, rigs):
    write_profile(tmp_path / "x.profile", filters=("L", "R", "DARK", "Ha"))
    answer = ask(tmp_path, "x.profile", rigs=rigs)
    assert answer.code() == OK
    assert f"{NAME}: a new rig" in said(answer)
    assert "slots without light skipped: DARK" in said(answer)
    made = read_folder(rigs).rig(NAME)
    assert made is not None
    assert [item.name for item in made.filters] == ["L", "R", "Ha"]
    assert [use.name for use in made.sites] == ["backyard"]


def test_asked_again_it_changes_nothing_and_says_so(tmp_path, rigs):
    write_profile(tmp_path / "x.profile")
    ask(tmp_path, "x.profile", rigs=rigs)
    before = (rigs / f"{NAME}.toml").read_bytes()
    for typed in (["x.profile"], ["x.profile", "--update"]):
        answer = ask(tmp_path, *typed, rigs=rigs)
        assert (answer.code(), answer.data["rigs"][0]["did"]) == (OK, "same")
    assert (rigs / f"{NAME}.toml").read_bytes() == before


def test_a_changed_wheel_is_shown_and_only_update_writes_it(tmp_path, rigs):
    write_profile(tmp_path / "x.profile")
    ask(tmp_path, "x.profile", rigs=rigs)
    file = rigs / f"{NAME}.toml"
    mine = ("# mine\r\n" + file.read_text(encoding="utf-8").replace("\n", "\r\n")).encode("utf-8-sig")
    file.write_bytes(mine)

    write_profile(tmp_path / "x.profile", filters=("L", "R", "Ha 3nm"))
    shown = ask(tmp_path, "x.profile", "--on", "2026-01-10", rigs=rigs)
    assert shown.code() == WAITS
    assert "  + Ha is no longer in the wheel: valid_to = 2026-01-10" in said(shown)
    assert "--update" in said(shown)
    assert file.read_bytes() == mine

    updated = ask(tmp_path, "x.profile", "--on", "2026-01-10", "--update", rigs=rigs)
    assert updated.code() == OK
    assert updated.data["rigs"][0]["did"] == "updated"
    assert file.read_bytes().startswith(mine[:-2])
    filters = read_rig_file(file).filters
    assert [(item.name, item.valid_to) for item in filters[2:]] == [
        ("Ha", date(2026, 1, 10)),
        ("Ha 3nm", None),
    ]


def test_one_unreadable_profile_among_many_is_reported_and_the_others_are_read(tmp_path, rigs):
    write_profile(tmp_path / "nina" / "a.profile")
    write_profile(tmp_path / "nina" / "b.profile", name="SQA55@f5.3+ATR585M", guid="2222")
    write_profile(tmp_path / "nina" / "d.profile", name="Default", guid="3333", telescope="<Name/>")
    (tmp_path / "nina" / "c.profile").write_text("<Profile><Id>", encoding="utf-8")
    answer = ask(tmp_path, "nina", rigs=rigs)
    assert answer.code() == WAITS
    assert [item["did"] for item in answer.data["rigs"]] == ["written", "written"]
    assert "c.profile" in said(answer)
    assert '"Default" names no rig: call the profile <optic>@f<ratio>+<camera>' in said(answer)
    assert {one.name for one in read_folder(rigs).rigs} == {NAME, "SQA55@f5.3+ATR585M"}


def test_nothing_readable_is_no_success(tmp_path, rigs):
    (tmp_path / "c.profile").write_bytes(b"")
    assert ask(tmp_path, "c.profile", rigs=rigs).code() == CANNOT
    with pytest.raises(ConfigError, match=r"holds no \.profile"):
        ask(tmp_path, "rigs", rigs=rigs)


def test_two_profiles_of_one_rig_make_one_file(tmp_path, rigs):
    write_profile(tmp_path / "a.profile", guid="1111", filters=("L",))
    write_profile(tmp_path / "b.profile", guid="2222", filters=("Ha",), name="c8e@f10+zwo asi2600mm pro")
    answer = ask(tmp_path, "a.profile", "b.profile", rigs=rigs)
    assert len(answer.data["rigs"]) == 1
    made = read_folder(rigs).rigs[0]
    assert made.profile_ids == ("1111", "2222")
    assert [item.name for item in made.filters] == ["L", "Ha"]


def test_a_rig_that_would_clash_with_another_is_refused(tmp_path, rigs):
    (rigs / "Edge8@f10.0+ZWO ASI2600MM Pro.toml").write_text(
        'optic = "Edge8"\nfocal_ratio = 10\ncamera = "ZWO ASI2600MM Pro"\n'
        'optic_aliases = [{ name = "C8E", valid_to = 2020-01-01 }]\n',
        encoding="utf-8",
    )
    write_profile(tmp_path / "x.profile")
    answer = ask(tmp_path, "x.profile", rigs=rigs)
    assert answer.data["rigs"][0]["did"] == "refused"
    assert answer.code() == CANNOT
    assert "could also be the rig" in said(answer)
    assert not (rigs / f"{NAME}.toml").exists()


def test_hostile_names_make_one_safe_file_or_a_sentence(tmp_path, rigs):
    write_profile(tmp_path / "a.profile", name="../../etc/CON@f5+..\\x", guid="1")
    write_profile(tmp_path / "b.profile", name="A@f5+" + "x" * 300, guid="2")
    answer = ask(tmp_path, "a.profile", "b.profile", rigs=rigs)
    assert [item["did"] for item in answer.data["rigs"]] == ["written", "refused"]
    assert sorted(path.parent for path in tmp_path.rglob("*.toml")) == [rigs, rigs]
    assert read_folder(rigs).rigs[0].name == "../../etc/CON@f5.0+..\\x"


def test_in_a_library_the_file_goes_to_its_own_rigs_and_says_what_that_means(tmp_path):
    library = tmp_path / "library"
    library.mkdir()
    write_profile(tmp_path / "x.profile")
    with pytest.raises(NotReachable):
        ask(tmp_path, "x.profile", library=library)
    assert list(library.iterdir()) == []
    (library / ID_FILE).write_text("id\n", encoding="utf-8")
    answer = ask(tmp_path, "x.profile", library=library)
    assert (library / "_Rigs" / f"{NAME}.toml").is_file()
    assert "from now on the settings in" in said(answer)


def test_nothing_is_written_into_an_installed_package(tmp_path, monkeypatch):
    monkeypatch.setattr(rig_folder, "shipped_folder", lambda: tmp_path / "_shipped" / "rigs")
    write_profile(tmp_path / "x.profile")
    with pytest.raises(UserError, match="NIGHTBUILD_RIGS"):
        ask(tmp_path, "x.profile")


def test_an_existing_file_is_never_written_over(tmp_path, rigs):
    (rigs / f"{NAME}.toml").mkdir()
    write_profile(tmp_path / "x.profile")
    with pytest.raises(ConfigError):
        ask(tmp_path, "x.profile", rigs=rigs)


def test_the_answer_is_data_too(tmp_path, rigs):
    write_profile(tmp_path / "x.profile")
    data = json.loads("\n".join(json_lines(ask(tmp_path, "x.profile", rigs=rigs))))
    assert data["not_read"] == []
    assert data["rigs"][0]["rig"] == NAME
    assert Path(data["rigs"][0]["file"]) == rigs / f"{NAME}.toml"


def test_after_midnight_it_is_still_tonight():
    assert rig_profile.tonight(datetime(2026, 1, 11, 2, 30, tzinfo=UTC)) == date(2026, 1, 10)
    assert rig_profile.tonight(datetime(2026, 1, 11, 22, 30, tzinfo=UTC)) == date(2026, 1, 11)
