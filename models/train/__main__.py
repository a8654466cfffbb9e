"""Makes a model from its recipe, all steps: python3 -m models.train NAME --data DIR.

Train in float, export, quantize, fine-tune the codes, update the manifests. Run it again after an
interruption: finished steps are short, and training goes on where it stopped.
"""

import argparse
import dataclasses
import subprocess
import sys
import tempfile
from pathlib import Path

from . import export, finetune, smoke, train
from .command import add_precision
from .config import load_config

ROOT = Path(__file__).parents[2]
CONFIGS = Path(__file__).parent / 'configs'
CLI = ROOT / 'dist' / 'cli' / 'tessera.mjs'


@dataclasses.dataclass(frozen=True)
class Job:
    """One model to make, and where everything is."""

    name: str
    recipe: Path
    data: Path
    work: Path  # checkpoints and log
    cache: Path
    output: Path  # a folder like models/
    device: str
    threads: str
    precision: str
    sets: tuple = export.EVALUATION_SETS

    @property
    def float_model(self):
        return self.output / 'float' / f'{self.name}.onnx'

    @property
    def shipped(self):
        return self.output / f'{self.name}.onnx'


def quantize(job):
    """Runs this repository's `tessera quantize`; returns its exit status."""
    if not CLI.exists():
        print('error: `tessera quantize` is not built; run `npm run build` first', file=sys.stderr)
        return 2
    recipe = load_config(job.recipe).quantize
    return subprocess.run(
        ['node', str(CLI), 'quantize', str(job.float_model), '--images', str(job.data / 'train'),
         '--output', str(job.shipped), '--crops', str(recipe.crops),
         '--crop-size', str(recipe.crop_size)], check=False).returncode


def update_manifest(job):
    return subprocess.run(
        ['node', str(ROOT / 'scripts' / 'update-manifest.mjs'), '--models', str(job.output)],
        check=False).returncode


def make(job):
    """All steps; returns the exit status of the first that fails, or 0."""
    job.float_model.parent.mkdir(parents=True, exist_ok=True)
    common = ['--data', str(job.data), '--threads', job.threads]
    recipe = ['--config', str(job.recipe), '--cache', str(job.cache)]
    steps = [
        lambda: train.main([*recipe, '--work', str(job.work), '--device', job.device,
                            '--precision', job.precision, *common]),
        lambda: export.main(['--work', str(job.work), '--output', str(job.float_model), *common,
                             '--sets', *job.sets]),
        lambda: quantize(job),
        lambda: finetune.main([*recipe, '--model', str(job.shipped), *common]),
        lambda: update_manifest(job),
    ]
    for step in steps:
        status = step()
        if status != 0:
            return status
    return 0


def make_smoke(options):
    """All steps on pictures made here, with everything but the result in a folder that is removed."""
    recipe = CONFIGS / f'{options.name}.toml'
    with tempfile.TemporaryDirectory(prefix='tessera-smoke-') as root:
        root = Path(root)
        return make(Job(
            options.name, smoke.write_recipe(recipe, root), smoke.write_data(recipe, root / 'data'),
            root / 'work', root / 'cache', Path(options.output), options.device, options.threads,
            options.precision, (smoke.EVALUATION_SET,)))


def parse_arguments(arguments):
    names = sorted(path.stem for path in CONFIGS.glob('*.toml'))
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train', description='Makes one of the models, all steps.')
    parser.add_argument('name', choices=names, metavar='NAME', help=', '.join(names))
    parser.add_argument('--data', metavar='DIR',
                        help='folder with train/ and eval/ (see models/train/README.md)')
    parser.add_argument('--output', metavar='DIR',
                        help='where the model, float/ and the manifests go (default: models)')
    parser.add_argument('--smoke', action='store_true',
                        help='try all steps in two minutes, on pictures made by rule; the model is '
                             'of no use. Needs --output instead of --data')
    parser.add_argument('--device', default='cpu', help='cpu or cuda (default: %(default)s)')
    parser.add_argument('--threads', default='1', metavar='N',
                        help='CPU threads (default: %(default)s)')
    add_precision(parser)
    options = parser.parse_args(arguments)
    if options.smoke and (options.output is None or options.data is not None):
        parser.error('--smoke makes its own pictures and would overwrite a model that is of use: '
                     'give --output DIR, and no --data')
    if not options.smoke and options.data is None:
        parser.error('--data DIR is missing')
    return options


def main(arguments=None):
    options = parse_arguments(arguments)
    if options.smoke:
        return make_smoke(options)
    return make(Job(
        options.name, CONFIGS / f'{options.name}.toml', Path(options.data),
        Path('.train') / options.name, Path('.train') / 'cache',
        Path(options.output or ROOT / 'models'), options.device, options.threads,
        options.precision))


if __name__ == '__main__':
    sys.exit(main())
