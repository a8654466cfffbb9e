"""The quantized plain network, trainable, with the arithmetic of the shipped file.

Reads and rewrites what `tessera quantize` makes of a file of onnx_file.py: scales and zero points
stay, weight codes, biases and slopes are learned. Codes are kept less their zero point, so that
padding is 0. Sums of products of codes stay below 2^24 and are therefore exact in float32: the
forward pass gives the bytes that the int8 engine gives, up to ties that float32 rounds otherwise.

Rounding has no useful gradient; it is passed straight through (Bengio et al., 2013), which with
fixed scales is the simplest quantization-aware training (Jacob et al., CVPR 2018).
"""

import dataclasses

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

from .nets import anchor

PIXEL_MAXIMUM = 255.0
_EXACT_SUM_LIMIT = 2**24  # whole numbers up to here are exact in float32


def rounded(x):
    """Rounds half to even; the gradient passes unchanged."""
    return x + (torch.round(x) - x).detach()


@dataclasses.dataclass
class _Codes:
    """An activation tensor's codes less the zero point lie in low..high."""

    scale: float
    low: float
    high: float


class QuantizedLayer(nn.Module):
    """A convolution with its PReLU, from codes to codes (to values in the last layer)."""

    def __init__(self, tensors, given, made, weight_limit):
        super().__init__()
        self.given, self.made, self.weight_limit = given, made, weight_limit
        scales = torch.from_numpy(tensors.weight_scales.copy())
        self.register_buffer('multiplier', scales * given.scale / (made.scale if made else 1.0))
        self.codes = nn.Parameter(torch.from_numpy(tensors.weights.astype(np.float32)))
        # In units of the output, as the weights' effect is, so that one learning rate suits both.
        bias = torch.from_numpy(tensors.bias.astype(np.float32))
        self.bias = nn.Parameter(bias * self.multiplier / self._bias_unit())
        self.slope = None if tensors.slope is None else nn.Parameter(
            torch.from_numpy(tensors.slope.astype(np.float32).flatten()))

    def _bias_unit(self):
        return 1.0 if self.made else 1.0 / PIXEL_MAXIMUM

    def weight_codes(self):
        return rounded(self.codes.clamp(-self.weight_limit, self.weight_limit))

    def bias_codes(self):
        return rounded(self.bias * self._bias_unit() / self.multiplier)

    def forward(self, x):
        weight = self.weight_codes()
        y = F.conv2d(x, weight, self.bias_codes(), padding=weight.shape[-1] // 2)
        y = y * self.multiplier[:, None, None]
        if self.slope is not None:
            y = F.prelu(y, self.slope)
        return y if self.made is None else rounded(y.clamp(self.made.low, self.made.high))


class QuantizedNet(nn.Module):
    """(N, 3, H, W) in 0..1, a whole number of 255ths, to the upscaled image (not clamped)."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        properties = {p.key: p.value for p in model.metadata_props}
        self.scale = int(properties['tessera.scale'])
        self.tensors, activations = _read_layers(model.graph)
        weight_limit = max(int(np.abs(tensors.weights).max()) for tensors in self.tensors)
        self.layers = nn.ModuleList(
            QuantizedLayer(tensors, given, made, weight_limit)
            for tensors, given, made in zip(self.tensors, activations, activations[1:] + [None]))
        self._check_sums()

    def _check_sums(self):
        for number, layer in enumerate(self.layers):
            largest = max(-layer.given.low, layer.given.high)
            if layer.weight_limit * largest * layer.codes[0].numel() >= _EXACT_SUM_LIMIT:
                raise ValueError(f'layer {number} is too wide for exact sums in float32')

    def forward(self, x):
        y = torch.round(x * PIXEL_MAXIMUM)
        for layer in self.layers:
            y = layer(y)
        return F.pixel_shuffle(y + anchor(x, self.scale), self.scale)

    @torch.no_grad()
    def write_back(self):
        """The ONNX model with the learned codes."""
        learned = {}
        for tensors, layer in zip(self.tensors, self.layers):
            learned[tensors.names['weights']] = layer.weight_codes().numpy()
            learned[tensors.names['bias']] = layer.bias_codes().numpy()
            if layer.slope is not None:
                learned[tensors.names['slope']] = layer.slope.numpy()
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for initializer in model.graph.initializer:
            if initializer.name in learned:
                old = numpy_helper.to_array(initializer)
                new = learned[initializer.name].astype(old.dtype)
                initializer.CopyFrom(numpy_helper.from_array(new.reshape(old.shape), initializer.name))
        onnx.checker.check_model(model)
        return model


@dataclasses.dataclass
class _LayerTensors:
    """What the file holds of one convolution; `names` are those of its initializers."""

    weights: np.ndarray
    weight_scales: np.ndarray
    bias: np.ndarray
    slope: np.ndarray | None
    names: dict


def _read_layers(graph):
    """The tensors of each convolution, and the codes that each one reads."""
    constants = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    makers = {node.output[0]: node for node in graph.node}
    users = {name: node for node in graph.node for name in node.input}
    layers, activations = [], []
    for conv in (node for node in graph.node if node.op_type == 'Conv'):
        given, weights, bias = (makers[name] for name in conv.input)
        prelu = users[conv.output[0]] if conv.output[0] in users else None
        slope = prelu.input[1] if prelu is not None and prelu.op_type == 'PRelu' else None
        layers.append(_LayerTensors(
            constants[weights.input[0]], constants[weights.input[1]], constants[bias.input[0]],
            None if slope is None else constants[slope],
            {'weights': weights.input[0], 'bias': bias.input[0], 'slope': slope}))
        activations.append(_codes_of(constants[given.input[1]], constants[given.input[2]]))
    return layers, activations


def _codes_of(scale, zero_point):
    limits = np.iinfo(zero_point.dtype)
    return _Codes(float(scale), float(limits.min) - float(zero_point),
                  float(limits.max) - float(zero_point))
