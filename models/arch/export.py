"""Seeded weights, and the ONNX file."""

import io

import onnx
import torch
from onnx import helper
from torch import nn

from .catalogue import NETWORKS

OPSET = 13
PREFIX = 'tessera.'


def _unlike_new(norm):
    """Gives a batch normalization statistics as training leaves them: folding then changes weights."""
    nn.init.uniform_(norm.weight, 0.5, 1.5)
    nn.init.normal_(norm.bias, std=0.1)
    nn.init.normal_(norm.running_mean, std=0.1)
    nn.init.uniform_(norm.running_var, 0.5, 1.5)


def build(name, scale=None, blocks=None, seed=1):
    """The module with random weights, always the same for a seed. Raises ValueError of a scale it lacks."""
    network = NETWORKS[name]
    scale = scale or network.default_scale
    if scale not in network.scales:
        known = ', '.join(map(str, network.scales))
        raise ValueError(f'{name} has the scales {known}, not {scale}')
    sizes = {} if blocks is None else {'blocks': blocks}
    torch.manual_seed(seed)
    module = network.make(scale=scale, **sizes)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            _unlike_new(part)
    return module.eval()


def to_onnx(module, name, keep_batch_norm=False):
    """An ONNX model of `[1, 3, height, width]`; batch normalization is folded unless it is to be kept."""
    folding = torch.onnx.TrainingMode.PRESERVE if keep_batch_norm else torch.onnx.TrainingMode.EVAL
    file = io.BytesIO()
    torch.onnx.export(
        module, torch.rand(1, 3, 24, 24), file, opset_version=OPSET, training=folding,
        input_names=['input'], output_names=['output'],
        dynamic_axes={'input': {2: 'height', 3: 'width'},
                      'output': {2: 'output_height', 3: 'output_width'}})
    model = onnx.load_from_string(file.getvalue())
    metadata = {'name': name, 'color': 'rgb'} | NETWORKS[name].pixels
    helper.set_model_props(model, {PREFIX + key: value for key, value in metadata.items()})
    return model
