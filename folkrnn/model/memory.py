"""Memory that a training step frees is kept for the next step.

A step allocates some hundred megabytes in blocks so large that the C library would return each to the operating
system when it is freed. Getting them back page by page would cost a tenth of the step.
"""

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
"""Parameters of ``mallopt`` in glibc (malloc.h)."""


def keep_freed_memory() -> bool:
    """Have the C library keep what is freed in this process; return whether it can, as that of Linux can."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):  # another C library; on Windows None names none
        return False
    # Blocks of up to 1 GiB come from the heap, which is never trimmed and grows by 256 MiB.
    return all([mallopt(_MMAP_THRESHOLD, 1 << 30), mallopt(_TRIM_THRESHOLD, -1), mallopt(_TOP_PAD, 1 << 28)])
