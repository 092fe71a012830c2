"""Helpers of a thread that has nothing to compute: given back, and made again when they are needed."""

import threading

import torch

from nlp.runtime.openmp import pauses, release_helpers


def test_without_torch_there_is_nothing_to_give_back():
    assert pauses(torch_is_loaded=False) == ()


def test_a_thread_computes_the_same_after_giving_its_helpers_back():
    states = torch.randn(256, 256, generator=torch.Generator().manual_seed(1))
    expected = states @ states
    found: list[bool] = []

    def work() -> None:
        for _ in range(3):
            found.append(torch.equal(states @ states, expected))
            release_helpers()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [True, True, True]
