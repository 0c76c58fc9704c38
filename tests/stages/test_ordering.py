"""What waits for a disk stops nothing that does not need it, and is never named to doit."""

from __future__ import annotations

from pipeline.model.jobs import Job, job_name
from pipeline.stages.ordering import without_waiting


def job(name: str, after: tuple[str, ...] = (), behind: tuple[str, ...] = ()) -> Job:
    told = tuple(job_name("masters", one) for one in after), tuple(job_name("masters", one) for one in behind)
    return Job(
        stage="masters", name=job_name("masters", name), doc="", effect="a:b", after=told[0], behind=told[1]
    )


def test_what_needs_a_job_that_waits_waits_too_and_the_rest_goes_on() -> None:
    jobs = [
        job("away"), job("here"), job("flat", after=("away",)), job("late", after=("flat",)),
        job("set", after=("here",), behind=("away", "flat", "here")),
    ]  # fmt: skip
    left = without_waiting(jobs, [one for one in jobs if one.name != job_name("masters", "away")])
    assert [one.name for one in left] == [job_name("masters", name) for name in ("here", "set")]
    assert left[-1].behind == (job_name("masters", "here"),)


def test_where_nothing_waits_nothing_changes() -> None:
    jobs = [job("one"), job("two", after=("one",), behind=("one",))]
    assert without_waiting(jobs, jobs) == jobs
