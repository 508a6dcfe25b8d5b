"""Many look-ups at a time, in threads that report where their caller does."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from pulumi_rdns.backends.base import report_progress, reporting_to, warn
from pulumi_rdns.cli import workers
from pulumi_rdns.cli.rows import Job, Row
from pulumi_rdns.model.confirmation import Verdict
from tests.backends.heard import Heard


def row(text: str) -> Row:
    return Row(text, None, None, Verdict.CONFIRMED, text)


def test_what_a_backend_reports_inside_a_job_reaches_the_report_of_the_caller() -> None:
    def further() -> Row:
        warn("of a further job")
        return row("two")

    def job() -> list[Row | Job]:
        assert threading.current_thread() is not threading.main_thread()
        warn("of a job")
        report_progress("too many requests; pausing for 3 s")
        return [row("one"), further]

    heard = Heard()
    with reporting_to(heard):
        ((one, two),) = workers.run([job], lambda done, size: None)
    assert (one.asked, two.asked) == ("one", "two")
    assert heard.warnings == ["of a job", "of a further job"]
    assert heard.told == ["too many requests; pausing for 3 s"]


def test_jobs_run_at_the_same_time_and_their_rows_come_in_order() -> None:
    all_there = threading.Barrier(8, timeout=10)

    def job(number: int) -> Row:
        all_there.wait()
        return row(str(number))

    jobs: list[Job] = [partial(job, number) for number in range(8)]
    found = workers.run(jobs, lambda done, size: None)
    assert [one.asked for (one,) in found] == [str(number) for number in range(8)]


def test_an_error_in_a_job_is_raised_to_the_caller() -> None:
    def job() -> Row:
        raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        workers.run([job], lambda done, size: None)
