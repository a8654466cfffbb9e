"""What the commands of this package have in common."""

import functools
import sys


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
