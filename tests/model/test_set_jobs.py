"""Jobs of a set and of a night are made alike by every stage."""

from __future__ import annotations

import pickle
from datetime import date

from pipeline.model.frames import Kind
from pipeline.model.set_jobs import night_job, set_job, set_job_name
from pipeline.model.sets import FrameSet
from pipeline.stages import offered

ONE = FrameSet(
    id="C8/M31/DATE_2026-01-14/L",
    owner="C8",
    night=date(2026, 1, 14),
    rig="C8",
    kind=Kind.LIGHT,
    label="M31 L 300 s",
    target="M31",
    blink="C8/10_Blink/M31",
)


def test_a_sets_job_names_the_stage_by_its_module_and_calls_both_functions_alike():
    job = set_job(
        ONE, "Offer M31", offered.offer_set, offered.is_offered, version=3, settings={"recipe": "mean"}
    )

    assert (job.stage, job.name) == ("offered", set_job_name("offered", ONE))
    assert job.doc == "Offer M31, C8, night of 2026-01-14"
    assert job.effect == "pipeline.stages.offered:offer_set"
    assert job.check == "pipeline.stages.offered:is_offered"
    assert job.arguments == job.check_arguments == {"owner": "C8", "night": "2026-01-14", "set_id": ONE.id}
    assert job.settings == {"VERSION": 3, "recipe": "mean"}
    assert (job.rig, job.night, job.target) == ("C8", "2026-01-14", "M31")


def test_a_nights_job_knows_no_set_and_no_target():
    job = night_job("C8", ONE.night, "Look at", offered.offer_set, offered.is_offered, version=1)

    assert job.name == "offered:C8_2026-01-14"
    assert job.doc == "Look at C8, night of 2026-01-14"
    assert job.arguments == job.check_arguments == {"owner": "C8", "night": "2026-01-14"}
    assert (job.rig, job.night, job.target) == ("C8", "2026-01-14", "")


def test_such_a_job_can_travel_to_a_worker():
    job = set_job(ONE, "Offer", offered.offer_set, offered.is_offered, version=1)

    assert pickle.loads(pickle.dumps(job)) == job
