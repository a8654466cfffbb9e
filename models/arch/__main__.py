"""Writes networks with seeded weights as ONNX: python3 -m models.arch NAME... --output FOLDER."""

import argparse
import sys
from pathlib import Path

from .catalogue import NETWORKS
from .export import build, to_onnx


def parse_arguments(arguments):
    width = max(map(len, NETWORKS))
    names = '\n'.join(f'  {name:<{width}}  {network.summary}' for name, network in NETWORKS.items())
    parser = argparse.ArgumentParser(
        prog='python3 -m models.arch', formatter_class=argparse.RawDescriptionHelpFormatter,
        description='Writes generators of earlier systems as ONNX, with seeded random weights.',
        epilog=f'networks:\n{names}')
    parser.add_argument('names', nargs='+', choices=[*NETWORKS, 'all'], metavar='NAME',
                        help='of the networks below, or "all"')
    parser.add_argument('--output', required=True, metavar='FOLDER',
                        help='gets a file NAME.onnx for each')
    parser.add_argument('--scale', type=int, metavar='N', help='default: that of the system')
    parser.add_argument('--blocks', type=int, metavar='N', help='fewer blocks, for a try')
    parser.add_argument('--seed', type=int, default=1, metavar='N', help='of the weights (default 1)')
    parser.add_argument('--batch-norm', action='store_true',
                        help='leave batch normalization in, where the network has it')
    return parser.parse_args(arguments)


def write(name, options):
    module = build(name, options.scale, options.blocks, options.seed)
    model = to_onnx(module, name, options.batch_norm)
    path = Path(options.output) / f'{name}.onnx'
    path.write_bytes(model.SerializeToString(deterministic=True))
    parameters = sum(parameter.numel() for parameter in module.parameters())
    print(f'{path}: {path.stat().st_size} bytes, {parameters} parameters', flush=True)


def main(arguments=None):
    options = parse_arguments(arguments)
    names = list(NETWORKS) if 'all' in options.names else options.names
    try:
        Path(options.output).mkdir(parents=True, exist_ok=True)
        for name in names:
            write(name, options)
    except (OSError, ValueError) as error:
        print(f'error: {error}', file=sys.stderr)
        return 2
    return 0


if __name__ == '__main__':
    sys.exit(main())
