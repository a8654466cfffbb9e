r"""Writes a checkpoint as ONNX and updates the manifest beside it.

python3 -m models.train.export --work .train/photo-x2-tiny --data DIR \
    --output models/float/photo-x2-tiny.onnx
"""

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

import torch

from .command import add_threads, reports
from .data import DataError
from .evaluate import evaluate_onnx, print_scores
from .nets import parameter_count
from .onnx_file import OnnxNet, build_onnx

EVALUATION_SETS = ('Set5', 'Set14', 'B100')
MANIFEST = 'manifest.json'
ALIASES = 'aliases'


class ExportError(Exception):
    """A checkpoint that must not be shipped; the message says why."""


def load_checkpoint(work):
    path = Path(work) / 'checkpoint.pt'
    if not path.exists():
        raise ExportError(f'no checkpoint in {work}; train first (models.train.train)')
    return torch.load(path)


def metadata_of(config, iteration):
    """What a runtime or a reader needs to know besides the graph (without the scores)."""
    return {
        'name': config['name'],
        'scale': config['scale'],
        'color': 'rgb',
        'input_range': '0,1',
        'output_range': '0,1',
        'border': config['border'],
        'licence': config['licence'],
        'data': config['data_statement'],
        'iterations': iteration,
    }


def export_model(state, data_dir, sets=EVALUATION_SETS):
    """The ONNX model with the scores of that very file, and the scores."""
    config = state['config']
    metadata = metadata_of(config, state['iteration'])
    unscored = build_onnx(state['ema'], config['scale'], metadata)
    folders = [Path(data_dir) / 'eval' / name for name in sets]
    scores, complaints = evaluate_onnx(OnnxNet(unscored), folders)
    if complaints:
        raise ExportError('; '.join(complaints))
    metadata['scores'] = json.dumps({name: score['model'] for name, score in scores.items()})
    return build_onnx(state['ema'], config['scale'], metadata), scores


def update_manifest(folder, config, file_name):
    """Records size and hash of the file, so that a download can be checked."""
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding='utf-8')) if path.exists() else {}
    content = (folder / file_name).read_bytes()
    manifest[config['name']] = {
        'file': file_name,
        'scale': config['scale'],
        'bytes': len(content),
        'sha256': hashlib.sha256(content).hexdigest(),
    }
    manifest.setdefault(ALIASES, {}).update(dict.fromkeys(config['aliases'], config['name']))
    path.write_text(json.dumps(manifest, indent=2, sort_keys=True) + '\n', encoding='utf-8')


def copy_record(work, folder):
    """The log and the curve of the run, to lie beside the model."""
    folder.mkdir(exist_ok=True)
    for name in ('log.csv', 'curve.png'):
        if (work / name).exists():
            shutil.copy(work / name, folder / name)


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(
        prog='python3 -m models.train.export',
        description='Exports the averaged weights of the latest checkpoint, with float16 storage, '
                    'scores and metadata, and updates manifest.json in the same folder.')
    parser.add_argument('--work', required=True, metavar='DIR',
                        help='the work folder of the training, for example .train/photo-x2-small')
    parser.add_argument('--data', required=True, metavar='DIR',
                        help='folder with eval/<sets>')
    parser.add_argument('--output', required=True, metavar='FILE',
                        help='for example models/float/photo-x2-small.onnx')
    parser.add_argument('--sets', nargs='+', default=EVALUATION_SETS, metavar='NAME',
                        help=f'folders of eval/ to score on (default: {" ".join(EVALUATION_SETS)})')
    add_threads(parser)
    return parser.parse_args(arguments)


@reports(DataError, ExportError, OSError, ValueError)
def main(arguments=None):
    options = parse_arguments(arguments)
    torch.set_num_threads(options.threads)
    output = Path(options.output)
    state = load_checkpoint(options.work)
    model, scores = export_model(state, options.data, options.sets)
    output.write_bytes(model.SerializeToString(deterministic=True))
    update_manifest(output.parent, state['config'], output.name)
    copy_record(Path(options.work), output.with_suffix(''))
    print_scores(scores)
    print(f'{output}: {output.stat().st_size} bytes, {parameter_count(state["ema"])} parameters, '
          f'iteration {state["iteration"]}')
    return 0


if __name__ == '__main__':
    sys.exit(main())
