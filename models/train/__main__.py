"""Makes a model from its recipe, all steps: python3 -m models.train NAME --data DIR.

Train in float, export, quantize, fine-tune the codes, update the manifests. Run it again after an
interruption: finished steps are short, and training goes on where it stopped.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from . import export, finetune, train

ROOT = Path(__file__).parents[2]
CONFIGS = Path(__file__).parent / 'configs'
CLI = ROOT / 'dist' / 'cli' / 'tessera.mjs'


def quantize(float_model, images, output):
    """Runs this repository's `tessera quantize`; returns its exit status."""
    if not CLI.exists():
        print('error: `tessera quantize` is not built; run `npm run build` first', file=sys.stderr)
        return 2
    return subprocess.run(
        ['node', str(CLI), 'quantize', str(float_model), '--images', str(images),
         '--output', str(output)], check=False).returncode


def update_manifest():
    return subprocess.run(
        ['node', str(ROOT / 'scripts' / 'update-manifest.mjs')], check=False).returncode


def parse_arguments(arguments):
    names = sorted(path.stem for path in CONFIGS.glob('*.toml'))
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train', description='Makes one of the models, all steps.')
    parser.add_argument('name', choices=names, metavar='NAME', help=', '.join(names))
    parser.add_argument('--data', required=True, metavar='DIR',
                        help='folder with train/ and eval/ (see models/train/README.md)')
    parser.add_argument('--device', default='cpu', help='cpu or cuda (default: %(default)s)')
    parser.add_argument('--threads', default='1', metavar='N',
                        help='CPU threads (default: %(default)s)')
    return parser.parse_args(arguments)


def main(arguments=None):
    options = parse_arguments(arguments)
    config = CONFIGS / f'{options.name}.toml'
    float_model = ROOT / 'models' / 'float' / f'{options.name}.onnx'
    shipped = ROOT / 'models' / f'{options.name}.onnx'
    common = ['--data', options.data, '--threads', options.threads]
    steps = [
        lambda: train.main(['--config', str(config), '--device', options.device, *common]),
        lambda: export.main(['--work', f'.train/{options.name}', '--output', str(float_model),
                             *common]),
        lambda: quantize(float_model, Path(options.data) / 'train', shipped),
        lambda: finetune.main(['--config', str(config), '--model', str(shipped), *common]),
        update_manifest,
    ]
    for step in steps:
        status = step()
        if status != 0:
            return status
    return 0


if __name__ == '__main__':
    sys.exit(main())
