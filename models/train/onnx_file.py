"""Writes the plain network as ONNX and runs such a file again.

Running it here, from the file's own nodes and stored weights, is what lets a score be that of the
shipped file and not of the training code. For every other file, use ONNX Runtime.
"""

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 7  # the one that came with opset 13: old runtimes read it
METADATA_PREFIX = 'tessera.'


class _Graph:
    """Nodes and initializers, in the order in which they were added."""

    def __init__(self):
        self.nodes = []
        self.initializers = []

    def add(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name, values):
        array = np.asarray(values, np.float32)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def half_constant(self, name, tensor):
        """Stores float16, which halves the download, and computes with float32."""
        array = tensor.detach().numpy()
        with np.errstate(over='ignore'):
            half = array.astype(np.float16)
        if not np.all(np.isfinite(half)):
            raise ValueError(f'{name} has values beyond float16 ({np.abs(array).max():.3g})')
        self.initializers.append(numpy_helper.from_array(half, name + '.f16'))
        return self.add('Cast', [name + '.f16'], name, to=TensorProto.FLOAT)


def _add_convolutions(graph, weights):
    y = 'input'
    last = len(weights) - 1
    for layer, (kernel, bias, slope) in enumerate(weights):
        name = f'conv{layer}'
        sides = list(kernel.shape[2:])
        y = graph.add(
            'Conv',
            [y, graph.half_constant(f'{name}.weight', kernel),
             graph.half_constant(f'{name}.bias', bias)],
            name, kernel_shape=sides, pads=[side // 2 for side in sides * 2])
        if layer < last:
            slopes = graph.half_constant(f'prelu{layer}.slope', slope.view(-1, 1, 1))
            y = graph.add('PRelu', [y, slopes], f'prelu{layer}')
    return y


def _build_graph(weights, scale):
    graph = _Graph()
    y = _add_convolutions(graph, weights)
    y = graph.add('DepthToSpace', [y], 'shuffle', blocksize=scale, mode='CRD')
    scales = graph.constant('anchor.scales', [1, 1, scale, scale])
    base = graph.add('Resize', ['input', '', scales], 'anchor', mode='nearest',
                     coordinate_transformation_mode='asymmetric', nearest_mode='floor')
    y = graph.add('Add', [y, base], 'sum')
    graph.add('Clip', [y, graph.constant('clip.min', 0.0), graph.constant('clip.max', 1.0)],
              'output')
    return graph


def build_onnx(weights, scale, metadata):
    """An ONNX model of `TrainableNet.collapse()` weights; metadata keys go without the prefix."""
    graph = _build_graph(weights, scale)
    low, high = ['height', 'width'], ['output_height', 'output_width']
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, metadata['name'],
            [helper.make_tensor_value_info('input', TensorProto.FLOAT, [1, 3, *low])],
            [helper.make_tensor_value_info('output', TensorProto.FLOAT, [1, 3, *high])],
            graph.initializers),
        opset_imports=[helper.make_opsetid('', OPSET)], producer_name='tessera')
    model.ir_version = IR_VERSION
    helper.set_model_props(model, {METADATA_PREFIX + k: str(v) for k, v in metadata.items()})
    onnx.checker.check_model(model, full_check=True)
    return model


def _depth_to_space(x, blocksize, mode):
    if mode != b'CRD':
        raise ValueError(f'DepthToSpace mode {mode!r} is not one this module writes')
    n, channels, height, width = x.shape
    colours = channels // blocksize**2
    x = x.reshape(n, colours, blocksize, blocksize, height, width)
    return x.permute(0, 1, 4, 2, 5, 3).reshape(n, colours, height * blocksize, width * blocksize)


def _resize_nearest(x, _roi, scales, mode, coordinate_transformation_mode, nearest_mode):
    if (mode, coordinate_transformation_mode, nearest_mode) != (b'nearest', b'asymmetric', b'floor'):
        raise ValueError('a Resize that this module does not write')
    rows = torch.floor(torch.arange(round(x.shape[2] * float(scales[2]))) / scales[2]).long()
    columns = torch.floor(torch.arange(round(x.shape[3] * float(scales[3]))) / scales[3]).long()
    return x[:, :, rows][:, :, :, columns]


def _conv(x, weight, bias, kernel_shape, pads):
    if list(weight.shape[2:]) != kernel_shape:
        raise ValueError(f'kernel_shape {kernel_shape} is not that of the weights')
    top, left, bottom, right = pads
    return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias)


_OPERATORS = {
    'Cast': lambda x, to: x.float(),
    'Conv': _conv,
    'PRelu': lambda x, slope: torch.where(x >= 0, x, x * slope),
    'DepthToSpace': _depth_to_space,
    'Resize': _resize_nearest,
    'Add': torch.add,
    'Clip': torch.clamp,
}


class OnnxNet:
    """Runs a file written by `build_onnx` on a (1, 3, H, W) tensor in 0..1."""

    def __init__(self, model):
        self._model = model
        self._nodes = [
            (_OPERATORS[node.op_type], node.input, node.output[0],
             {a.name: helper.get_attribute_value(a) for a in node.attribute})
            for node in model.graph.node]
        self._constants = {'': None}
        for initializer in model.graph.initializer:
            array = numpy_helper.to_array(initializer)
            self._constants[initializer.name] = torch.from_numpy(array.copy())
        self.metadata = {p.key.removeprefix(METADATA_PREFIX): p.value
                         for p in model.metadata_props}
        self.scale = int(self.metadata['scale'])
        self.border = int(self.metadata.get('border', 0))

    @classmethod
    def load(cls, path):
        return cls(onnx.load(str(path)))

    def weights(self):
        """One (kernel, bias, slope) per layer, as `TrainableNet.collapse()` gives them."""
        def constant(name):
            stored = self._constants.get(name + '.f16')
            return None if stored is None else stored.float()

        layers = sum(node.op_type == 'Conv' for node in self._model.graph.node)
        slopes = [constant(f'prelu{i}.slope') for i in range(layers)]
        return [(constant(f'conv{i}.weight'), constant(f'conv{i}.bias'),
                 None if slope is None else slope.flatten())
                for i, slope in enumerate(slopes)]

    @torch.no_grad()
    def __call__(self, x):
        extended = F.pad(x, [self.border] * 4, mode='replicate')
        values = dict(self._constants, input=extended)
        for operator, inputs, output, attributes in self._nodes:
            values[output] = operator(*(values[name] for name in inputs), **attributes)
        cut = self.border * self.scale
        height, width = values['output'].shape[2:]
        return values['output'][:, :, cut:height - cut, cut:width - cut]
