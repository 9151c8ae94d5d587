"""A pool does every piece, in order, whoever calls."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event, get_ident

import pytest

from face_gender.runtime.thread_pool import SharedPool


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("pieces", [[], [1], [3, 1, 2]])
def test_in_order(threads, pieces):
    assert SharedPool(threads).map(str, pieces) == [str(piece) for piece in pieces]


def test_who_comes_second_works_alone():
    pool, entered, leave = SharedPool(2), Event(), Event()
    with ThreadPoolExecutor(1) as other:
        first = other.submit(pool.map, lambda _: entered.set() or leave.wait(30), range(2))
        assert entered.wait(30)
        assert pool.map(lambda _: get_ident(), range(2)) == [get_ident()] * 2
        leave.set()
        assert first.result(30) == [True, True]


def test_an_error_is_the_callers_and_the_pool_goes_on():
    pool = SharedPool(2)
    with pytest.raises(ZeroDivisionError):
        pool.map(lambda piece: 1 // piece, [1, 0])
    assert pool.map(lambda piece: 1 // piece, [1, 1]) == [1, 1]
