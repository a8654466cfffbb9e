"""What the commands of this package have in common."""

import ctypes
import functools
import sys

# Of glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3


def keep_memory():
    """Has glibc keep what is freed, in place of fetching zeroed pages for every tensor.

    Tensors of a training step are large and live shortly. Elsewhere than on glibc it does nothing.
    """
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, 2**31 - 1)
        mallopt(_M_TRIM_THRESHOLD, 2**31 - 1)
        mallopt(_M_TOP_PAD, 2**28)


def reports(*expected):
    """For `main`: prints errors of these kinds, which a user can mend, and returns 2."""
    def decorate(main):
        @functools.wraps(main)
        def reporting(arguments=None):
            try:
                return main(arguments)
            except expected as error:
                print(f'error: {error}', file=sys.stderr)
                return 2
        return reporting
    return decorate


def add_threads(parser):
    parser.add_argument('--threads', type=int, default=1, metavar='N',
                        help='CPU threads (default: %(default)s)')


def add_cache(parser):
    parser.add_argument('--cache', metavar='DIR', default='.train/cache',
                        help='decoded images (default: %(default)s)')


def add_precision(parser):
    parser.add_argument('--precision', choices=('float32', 'bfloat16'), default='float32',
                        help='of the convolutions while training; bfloat16 is several times as fast '
                             'on processors with AMX or AVX-512 BF16, and slow on others '
                             '(default: %(default)s)')
