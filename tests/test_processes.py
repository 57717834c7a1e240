"""Work shared by processes: results in order, each task done once, failures told."""

import os
from time import sleep

import pytest

from sim.errors import UsageError
from sim.parallel import cores, each, get_threads, processes


def who(k, seconds=0.05):
    sleep(seconds)
    return k, os.getpid()


def fail(k):
    if k == 3:
        raise UsageError("task", k)
    return k


def test_alone_it_is_a_map():
    with processes(1):
        assert list(each(who, [1, 2], [0, 0])) == [(1, os.getpid()), (2, os.getpid())]


def test_processes_share_tasks_in_order():
    threads = get_threads()
    with processes(3):
        assert get_threads() == max(1, cores() // 3)
        list(each(who, range(12), [0.5] * 12))  # all have started
        for count in (0, 1, 2, 9):
            found = list(each(who, range(count)))
            assert [k for k, _ in found] == list(range(count))
        workers = {process for _, process in found}
        assert len(workers) == 3
        assert os.getpid() in workers
        with processes(2):  # uses those of the outer block
            assert {process for _, process in each(who, range(9))} == workers
    assert get_threads() == threads
    assert {process for _, process in each(who, range(3))} == {os.getpid()}


def test_the_first_result_does_not_wait_for_the_last():
    with processes(2):
        list(each(who, range(4)))
        results = each(who, range(40))
        assert next(results)[0] == 0
        results.close()


def test_a_failing_task_ends_the_map():
    with processes(2), pytest.raises(UsageError, match="task: 3"):
        list(each(fail, range(6)))


def test_a_lost_process_is_one_clear_line():
    with pytest.raises(UsageError, match="workers: a worker process stopped"), processes(2):
        list(each(_stop, [os.getpid()] * 6))


def _stop(parent):
    if os.getpid() != parent:
        os._exit(1)
    sleep(0.5)
