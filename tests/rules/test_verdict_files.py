from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.model.frames import Problem
from pipeline.rules.verdict_files import (
    LARGEST_BYTES,
    Checked,
    VerdictFile,
    check_verdict,
    is_verdict_name,
    merge_verdicts,
    parse_verdict,
    verdict_name,
)

SET = "C8E@f10.0+ZWO ASI2600MM Pro/M31/DATE_2026-01-14/FILTER_L_EXP_300.00"
SHA = "ab" * 32
FRAMES = {"rig/a.fits": "keep", "rig/b.fits": "reject"}
KNOWN = {"rig/a.fits": SHA, "rig/b.fits": SHA}


def verdict_data(says: dict[str, str] | None = None, /, **changes: Any) -> bytes:
    told = FRAMES if says is None else says
    values = {
        "format": "nightbuild-verdict",
        "version": 1,
        "library": "abc",
        "rig": "C8E",
        "night": "2026-01-14",
        "set": SET,
        "made": "2026-01-15T09:12:33+01:00",
        "frames": [{"stored": stored, "sha256": SHA, "verdict": said} for stored, said in told.items()],
    }
    return json.dumps(values | changes).encode()


def read(data: bytes, name: str = "verdict_x.json") -> VerdictFile:
    found = parse_verdict(data, name)
    assert isinstance(found, VerdictFile), found
    return found


def refusal(data: bytes) -> str:
    found = parse_verdict(data, "verdict_x.json")
    assert isinstance(found, Problem)
    assert found.code == "verdict-refused"
    assert found.text.startswith("verdict_x.json: ")
    return found.text


def check(data: bytes, **changes: Any) -> Checked:
    return check_verdict(read(data), SET, KNOWN, **({"library": "abc"} | changes))


def test_a_verdict_says_which_frames_go_and_which_stay() -> None:
    checked = check(verdict_data())
    assert (checked.keeps, checked.rejects, checked.problems) == (("rig/a.fits",), ("rig/b.fits",), ())


def test_a_verdict_is_welcome_in_its_own_sets_folder() -> None:
    assert not check(verdict_data(), lies_in={SET, SET + "~2"}).refused


def test_a_verdict_in_another_sets_folder_is_refused() -> None:
    checked = check(verdict_data(), lies_in={"another"})
    assert checked.refused
    assert checked.keeps == checked.rejects == ()
    assert "another set's folder" in checked.problems[0].text


def test_a_verdict_on_another_library_is_refused() -> None:
    assert "another library" in check(verdict_data(library="xyz")).problems[0].text


def test_an_unknown_frame_is_named_and_skipped() -> None:
    checked = check(verdict_data({**FRAMES, "rig/c.fits": "reject"}))
    assert checked.rejects == ("rig/b.fits",)
    assert [problem.code for problem in checked.problems] == ["unknown-frame"]
    assert "`rig/c.fits`" in checked.problems[0].text


def test_many_unknown_frames_are_counted_in_one_sentence() -> None:
    (problem,) = check(verdict_data({f"rig/{n}.fits": "keep" for n in range(40)})).problems
    assert problem.text.endswith("and 35 more")


def test_a_frame_with_other_bytes_than_were_judged_is_named_and_skipped() -> None:
    checked = check_verdict(read(verdict_data()), SET, {**KNOWN, "rig/b.fits": "cd" * 32}, library="abc")
    assert checked.rejects == ()
    assert "not the bytes that were judged" in checked.problems[0].text


def test_a_hash_that_nobody_knows_yet_is_no_objection() -> None:
    known = dict.fromkeys(KNOWN)
    assert check_verdict(read(verdict_data()), SET, known, library="abc").rejects == ("rig/b.fits",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"version": 2}, "version 2"),
        ({"version": True}, "version true"),
        ({"version": "1"}, 'version "1"'),
        ({"made": "2026-01-15T09:12:33"}, "with its zone"),
        ({"made": 12}, "with its zone"),
        ({"made": "0001-01-01T00:00:00+14:00"}, "with its zone"),
        ({"set": None}, "its set"),
        ({"library": ["abc"]}, "its library"),
        ({"set": "x" * 5000}, "its set"),
        ({"frames": []}, "lists no frames"),
        ({"frames": {"rig/a.fits": "keep"}}, "lists no frames"),
        ({"frames": ["rig/a.fits"]}, "frame 1 of 1"),
        ({"frames": [{"stored": "rig/a.fits", "verdict": ["keep"]}]}, "frame 1 of 1"),
        ({"frames": [{"stored": "rig/a.fits", "verdict": "maybe"}]}, "frame 1 of 1"),
        ({"frames": [{"stored": "rig/a.fits", "verdict": "keep", "sha256": "AB"}]}, "frame 1 of 1"),
        ({"frames": [{"stored": 1, "verdict": "keep"}]}, "frame 1 of 1"),
        (
            {"frames": [{"stored": "a", "verdict": "keep"}, {"stored": "a", "verdict": "reject"}]},
            "two things of `a`",
        ),
    ],
)
def test_a_verdict_that_makes_no_sense_says_why(changes: dict[str, Any], why: str) -> None:
    assert why in refusal(verdict_data(**changes))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe{",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"format": "nightbuild-verdict", "version": NaN}',
        b'{"version": ' + b"9" * 10_000 + b"}",
        b" " * (LARGEST_BYTES + 1),
    ],
)
def test_hostile_bytes_end_as_a_sentence(data: bytes) -> None:
    assert refusal(data)


@pytest.mark.parametrize("data", [b"[]", b"12", b'"x"', b'{"format": "other"}', b"{}"])
def test_json_of_somebody_else_is_left_alone(data: bytes) -> None:
    found = parse_verdict(data, "x.json")
    assert isinstance(found, Problem)
    assert found.code == "not-a-verdict"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["stored", "verdict", "sha256"]) | st.text(), inner)
        ),
    )
)
def test_no_frames_whatever_crash_it(frames: object) -> None:
    found = parse_verdict(verdict_data(frames=frames), "verdict_x.json")
    assert isinstance(found, (Problem, VerdictFile))


@given(st.binary())
def test_no_bytes_crash_it(data: bytes) -> None:
    assert isinstance(parse_verdict(data, "x"), Problem)


def test_a_byte_order_mark_and_a_name_that_is_no_text_are_read() -> None:
    found = read(b"\xef\xbb\xbf" + verdict_data({"rig/\udcff.fits": "keep"}))
    assert list(found.frames) == ["rig/\udcff.fits"]


def test_a_frame_name_cannot_write_lines_of_its_own() -> None:
    checked = check(verdict_data({"x\n\x1b[31mDone": "keep"}))
    assert "\n" not in checked.problems[0].text
    assert "\x1b" not in checked.problems[0].text


def test_of_two_verdicts_the_later_speaks_and_the_contradiction_is_said() -> None:
    early = read(verdict_data(), "verdict_1.json")
    late = read(verdict_data({"rig/b.fits": "keep"}, made="2026-01-15T10:00:00+01:00"), "verdict_2.json")
    merged = merge_verdicts([late, early])
    assert {stored: said for stored, (said, _) in merged.verdicts.items()} == {
        "rig/a.fits": "keep",
        "rig/b.fits": "keep",
    }
    assert merged.verdicts["rig/a.fits"][1] is early
    assert [problem.code for problem in merged.problems] == ["contradiction"]
    assert "verdict_2.json: made after verdict_1.json" in merged.problems[0].text


def test_the_hour_counts_and_not_how_its_zone_writes_it() -> None:
    in_madrid = read(verdict_data({"rig/a.fits": "keep"}, made="2026-01-15T09:30:00+01:00"), "a")
    in_london = read(verdict_data({"rig/a.fits": "reject"}, made="2026-01-15T09:00:00Z"), "b")
    assert merge_verdicts([in_london, in_madrid]).verdicts["rig/a.fits"][0] == "reject"


def test_verdicts_that_agree_are_no_contradiction() -> None:
    one = read(verdict_data())
    assert merge_verdicts([one, one]).problems == ()


@given(st.text(min_size=1))
def test_a_verdict_has_a_name_that_is_safe_everywhere(set_id: str) -> None:
    name = verdict_name(set_id)
    assert is_verdict_name(name)
    assert len(name.encode()) <= 140
    assert not set(name) & set('<>:"/\\|?*%\0\n')


def test_two_sets_never_share_a_name() -> None:
    assert verdict_name("a/b") != verdict_name("a b")


def test_a_second_download_is_still_a_verdict() -> None:
    assert is_verdict_name("verdict_M31 (1).json")
    assert not is_verdict_name("shopping.json")
