"""The C library's habits -> those of a server that lives in little memory."""

import ctypes
import platform

MMAP_THRESHOLD = -3  # mallopt's name for the size from which a block is mapped, and so returned when it is freed
LARGE = 1_000_000  # bytes


def give_back_memory() -> None:
    """From now on large blocks go back to the system when they are freed; does nothing where the C library is not glibc.

    Left alone, glibc raises that size as it goes and keeps what photos leave behind in each of the server's threads.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(MMAP_THRESHOLD, LARGE)
