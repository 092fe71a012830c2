"""Rows on threads of one core each."""

import threading
from collections.abc import Sequence

import torch

from nlp.runtime.thread_pool import LEAST_ROWS, Lanes


def test_results_come_back_in_the_rows_order():
    assert Lanes(3).run(lambda rows: [row * 2 for row in rows], range(50)) == [row * 2 for row in range(50)]


def test_a_few_rows_stay_on_one_thread():
    seen = []
    Lanes(4).run(lambda rows: seen.append(len(rows)) or rows, range(LEAST_ROWS))
    assert seen == [LEAST_ROWS]


def test_many_rows_are_shared_evenly():
    seen = []
    Lanes(2).run(lambda rows: seen.append(len(rows)) or rows, range(4 * LEAST_ROWS + 1))
    assert sorted(seen) == [2 * LEAST_ROWS, 2 * LEAST_ROWS + 1]


def test_rows_too_few_for_two_threads_are_computed_by_the_caller_with_all_cores():
    callers, rows = [], range(2 * LEAST_ROWS)

    def work(part: Sequence[int]) -> Sequence[int]:
        callers.append(threading.get_ident())
        return [row * 2 for row in part]

    assert Lanes(2).share(work, rows[:-1]) == [row * 2 for row in rows[:-1]]
    assert callers == [threading.get_ident()]
    assert Lanes(2).share(work, rows) == [row * 2 for row in rows]
    assert threading.get_ident() not in callers[1:]
    assert len(callers) == 3


def test_a_lane_computes_on_one_core_and_other_threads_keep_theirs():
    elsewhere: list[int] = []
    thread = threading.Thread(target=lambda: elsewhere.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    before = torch.get_num_threads()
    (inside,) = Lanes(1).run(lambda rows: [torch.get_num_threads() for _ in rows], [0])
    assert inside == 1
    after: list[int] = []
    thread = threading.Thread(target=lambda: after.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert [torch.get_num_threads(), *after] == [before, *elsewhere]


def test_a_lane_keeps_to_its_core_whatever_number_of_threads_torch_was_told():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        (told,) = Lanes(2).each(lambda _: torch.__config__.parallel_info(), [[0]])
    finally:
        torch.set_num_threads(before)
    assert "omp_get_max_threads() : 1" in told
    assert "mkl_get_max_threads() : 1" in told or "mkl_get_max_threads" not in told
