"""The C library's habits -> those of a server that lives in little memory."""

import ctypes
import platform
import time
from threading import Thread

MAX_ARENAS = -8  # mallopt's name for how many pools the threads may have between them
ARENAS = 2
NO_HUGE_PAGES = 41  # prctl's name for keeping to small pages
EVERY = 2.0  # seconds


def give_back_memory() -> None:
    """Return freed memory to the system soon; does nothing unless the C library is glibc.

    Left alone, glibc keeps it in each of the server's threads. Returning each large block at once
    (M_MMAP_THRESHOLD) costs more: every photo then asks for all of them again, page by page, and
    takes 124 ms of a core instead of 44. So do huge pages, for which numpy asks: the kernel fills
    up what trimming had returned, for 30 to 40 MB and no speed.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(MAX_ARENAS, ARENAS)
        libc.prctl(NO_HUGE_PAGES, 1, 0, 0, 0)
        Thread(target=_keep_trimming, args=(libc,), daemon=True).start()


def _keep_trimming(libc: ctypes.CDLL) -> None:
    while True:
        time.sleep(EVERY)
        libc.malloc_trim(0)
