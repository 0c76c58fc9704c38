from __future__ import annotations

from dataclasses import replace

from pipeline.rules.balance import Sums
from pipeline.rules.overview import AtWork, Overview, Room, overview_data, overview_lines
from pipeline.rules.standing import Standing
from pipeline.rules.waiting import Waiting

STANDS = Standing(
    kinds={"LIGHT": 2}, nights=1, rigs=("C8E@f10.0+A",), frames=2, stored_bytes=104_400_000, witnesses=0
)
SUMS = Sums(received=3, stored=2, duplicates=0, quarantined=0, left=1)
WAITS = Waiting(
    what="1 frame: no rig", where="_Inbox/a.fits", command="doit rig --new X", or_else="doit rig --alias X Y"
)
WHOLE = Overview(
    library="/lib",
    inboxes=["/lib/_Inbox"],
    standing=STANDS,
    states={"offered": 2},
    life={"offered": 1, "culled": 1},
    sums=SUMS,
    due={"renamed": 1},
    waiting=[WAITS],
    quarantined=[],
    stuck=[Waiting(what="no space left", where="", command="doit")],
    link_mode={"_Inbox": "hardlink"},
    room=Room(free_bytes=10**12, occupied_bytes=10**9, trash_bytes=5, measured="as of noon"),
    running=AtWork(who="`doit`", says="Stored: 1 of 2", pid=1, host="nas", since="now"),
)
QUIET = replace(WHOLE, due={}, waiting=[], stuck=[], running=None, link_mode={}, room=Room())


def headings(lines) -> list[str]:
    return [line.split()[0] for line in lines if line[0] != " "]


def test_the_order_is_what_waits_what_is_stuck_what_is_due_how_it_stands():
    assert headings(overview_lines(WHOLE)) == [
        "Running",
        "Waits",
        "Stuck",
        "Due",
        "Library",
        "Balance",
        "States",
    ]


def test_an_empty_section_is_not_printed():
    assert headings(overview_lines(QUIET)) == ["Library", "Balance", "States"]


def test_what_waits_has_its_place_and_both_commands():
    lines = list(overview_lines(WHOLE))
    at = lines.index("Waits        1 frame: no rig")
    assert [line.strip() for line in lines[at + 1 : at + 4]] == [
        "_Inbox/a.fits",
        "doit rig --new X",
        "or doit rig --alias X Y",
    ]


def test_a_long_section_says_where_the_rest_is():
    lines = list(overview_lines(replace(QUIET, waiting=[WAITS] * 40)))
    assert sum("1 frame: no rig" in line for line in lines) == 12
    assert any("and 28 more: doit status --json" in line for line in lines)


def test_space_is_told_truly_and_with_its_age():
    text = "\n".join(overview_lines(WHOLE))
    assert "104 MB stored; 1.00 GB taken in all, each file once, as of noon; 1.00 TB free" in text
    assert "doit trash --empty would free 5 bytes" in text


def test_a_balance_that_is_off_is_called_a_bug():
    lines = list(overview_lines(replace(QUIET, sums=replace(SUMS, left=0))))
    assert "The balance is off by 1" in lines[-1]


def test_the_states_of_all_stored_frames_add_up_or_it_is_called_a_bug():
    assert list(overview_lines(QUIET))[-1] == "States       2 stored = 1 offered + 1 culled"
    off = replace(QUIET, life={"offered": 1})
    assert "The states are off by 1" in list(overview_lines(off))[-1]
    at_work = replace(off, running=WHOLE.running)  # a run that stores on while it is counted is no bug
    assert not any("off by" in line for line in overview_lines(at_work))


def test_programs_read_what_is_stuck_among_what_waits():
    data = overview_data(WHOLE)
    assert [one["what"] for one in data["waiting"]] == [
        "1 frame: no rig; or: doit rig --alias X Y",
        "no space left",
    ]
    assert data["running"] == {
        "stage": None, "done": None, "of": None, "rate": None, "seconds_left": None,
        "pid": 1, "host": "nas", "since": "now",
    }  # fmt: skip
