from __future__ import annotations

from datetime import date

from pipeline.model.survey import Arrival, Fate, Found, Sort, Survey
from pipeline.rules.forecast import Does, Only, forecast
from pipeline.rules.forecast_words import LONG, forecast_lines, forecast_sum
from pipeline.rules.ledger import fold
from pipeline.rules.witnesses import Place
from tests.factories import make_frame

NIGHT = date(2026, 1, 14)
RIG = "C8E@f10.0+ZWO ASI2600MM Pro"
HOME = f"{RIG}/00_Frames/DATE_2026-01-14"
ADDRESS = f"{HOME}/LIGHT/M31/FILTER_L_EXP_300.00/2026-01-15_00-12-33.fits"


def arriving(name: str, *, size: int = 10, fate: Fate = Fate.STORE, stored: str = ADDRESS) -> Arrival:
    found = Found("_Inbox", name, size, 1, Sort.FRAME)
    if fate is not Fate.STORE:
        return Arrival(found=found, fate=fate)
    frame = make_frame(sources={"target": "header OBJECT", "night": "local time"})
    return Arrival(found=found, fate=fate, frame=frame, owner=RIG, night=NIGHT, stored=stored)


def ledger(stored: str = ADDRESS, **more):
    record = {
        "event": "received",
        "inbox": "_Inbox",
        "original": "old.fits",
        "stored": stored,
        "size": 10,
        "mtime_ns": 1,
    }
    return fold([record | {"sha256": "s", "when": "2026-01-15T07:00:00Z"} | more])


def told(*arrivals: Arrival, known=None, **more):
    return list(forecast(Survey(arrivals=arrivals), known or fold([]), **more))


def test_a_frame_goes_to_its_address_and_says_by_whose_word():
    [step] = told(arriving("a.fits"))
    assert (step.does, step.to, step.file) == (Does.STORE, ADDRESS, "_Inbox/a.fits")
    assert step.why == "target by header OBJECT, night by local time"


def test_one_second_and_one_size_are_expected_to_be_a_duplicate():
    first, second = told(arriving("a.fits"), arriving("b.fits"))
    assert (second.does, second.to) == (Does.DUPLICATE, first.to)
    [again] = told(arriving("a.fits"), known=ledger())
    assert (again.does, again.to) == (Does.DUPLICATE, ADDRESS)


def test_one_second_and_another_size_get_a_number():
    [step] = told(arriving("a.fits", size=11), known=ledger())
    assert (step.does, step.to) == (Does.STORE, ADDRESS.replace("33.fits", "33~2.fits"))


def test_what_was_given_up_is_expected_to_be_recognised():
    purged = fold([{"event": "purged", "stored": ADDRESS, "size": 10, "sha256": "s", "why": ""}])
    [step] = told(arriving("a.fits"), known=purged)
    assert (step.does, step.to) == (Does.DUPLICATE, ADDRESS)


def test_a_stored_name_leaves_only_when_it_is_due():
    known = arriving("old.fits", fate=Fate.KNOWN)
    assert told(known, known=ledger()) == []
    [step] = told(known, known=ledger(), leaving={("_Inbox", "old.fits")})
    assert (step.does, step.to, step.rig, step.night) == (Does.RETIRE, ADDRESS, RIG, "2026-01-14")


def test_a_frame_without_its_hash_is_still_to_be_recorded():
    [step] = told(known=ledger(sha256=None))
    assert (step.does, step.file) == (Does.RECORD, ADDRESS)


def test_a_log_goes_beside_its_night_waits_for_it_or_is_there_already():
    log = arriving("PHD2.txt", fate=Fate.WITNESS)
    [waiting] = told(log)
    assert waiting.does is Does.WAIT
    [stored] = told(log, beside={log.found.origin: [Place(RIG, NIGHT, HOME)]})
    assert (stored.does, stored.to) == (Does.WITNESS, f"{HOME}/_witness/PHD2.txt")
    assert told(log, beside={log.found.origin: []}) == []


def test_only_what_was_asked_about_is_told():
    [step] = told(arriving("a.fits"))
    assert Only().holds(step)
    assert Only(rig=RIG.lower(), night="2026-01-14", target="m31").holds(step)
    assert not Only(target="M42").holds(step)
    assert not Only(night="2026-01-15").holds(step)


def test_a_long_plan_is_summed_up_night_by_night_first():
    addresses = [f"{HOME}/LIGHT/M31/F/2026-01-15_00-{n // 60:02d}-{n % 60:02d}.fits" for n in range(LONG + 1)]
    steps = told(*(arriving(f"{n}.fits", stored=address) for n, address in enumerate(addresses)))
    lines = list(forecast_lines(steps))
    assert lines[0] == lines[2] == f"{RIG}, night of 2026-01-14: {LONG + 1} frames to store, 410 bytes"
    assert next(iter(forecast_lines(steps[:2]))).endswith("2 frames to store, 20 bytes")


def test_the_sum_says_that_nothing_was_touched_and_what_to_type():
    assert forecast_sum([]) == "Nothing to do: what lies in the inboxes is stored."
    assert forecast_sum(told(arriving("a.fits"))).endswith("Nothing was touched; `doit` does it.")
    idle = forecast_sum(told(arriving("x.part", fate=Fate.UNSETTLED)))
    assert idle == "1 unfinished. Nothing was touched; `doit status` says what they wait for."
