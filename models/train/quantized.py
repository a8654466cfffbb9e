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

    def __init__(self, constants, name, given, made, weight_limit):
        super().__init__()
        self.given, self.made, self.weight_limit = given, made, weight_limit
        codes = torch.from_numpy(constants[f'{name}.weights.codes'].astype(np.float32))
        scales = torch.from_numpy(constants[f'{name}.weights.scale'].copy())
        self.register_buffer('multiplier', scales * given.scale / (made.scale if made else 1.0))
        self.codes = nn.Parameter(codes)
        # In units of the output, as the weights' effect is, so that one learning rate suits both.
        bias = torch.from_numpy(constants[f'{name}.bias.codes'].astype(np.float32))
        self.bias = nn.Parameter(bias * self.multiplier / self._bias_unit())
        slope = constants.get(name.replace('conv', 'prelu') + '.slope.f16')
        self.slope = None if slope is None else nn.Parameter(
            torch.from_numpy(slope.astype(np.float32).flatten()))

    def _bias_unit(self):
        return 1.0 if self.made else 1.0 / PIXEL_MAXIMUM

    def weight_codes(self):
        return rounded(self.codes.clamp(-self.weight_limit, self.weight_limit))

    def bias_codes(self):
        return rounded(self.bias * self._bias_unit() / self.multiplier)

    def forward(self, x):
        y = F.conv2d(x, self.weight_codes(), self.bias_codes(), padding=1)
        y = y * self.multiplier[:, None, None]
        if self.slope is not None:
            y = F.prelu(y, self.slope)
        return y if self.made is None else rounded(y.clamp(self.made.low, self.made.high))


class QuantizedNet(nn.Module):
    """(N, 3, H, W) in 0..1, a whole number of 255ths, to the upscaled image (not clamped)."""

    def __init__(self, model):
        super().__init__()
        self.model = model
        constants = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
        properties = {p.key: p.value for p in model.metadata_props}
        self.scale = int(properties['tessera.scale'])
        names = [node.output[0] for node in model.graph.node if node.op_type == 'Conv']
        weight_limit = max(int(np.abs(constants[f'{name}.weights.codes']).max()) for name in names)
        activations = [_codes_of(constants, 'input')]
        activations += [_codes_of(constants, name.replace('conv', 'prelu')) for name in names[:-1]]
        self.names = names
        self.layers = nn.ModuleList(
            QuantizedLayer(constants, name, given, made, weight_limit)
            for name, given, made in zip(names, activations, activations[1:] + [None]))
        self._check_sums()

    def _check_sums(self):
        for name, layer in zip(self.names, self.layers):
            largest = max(-layer.given.low, layer.given.high)
            if layer.weight_limit * largest * layer.codes[0].numel() >= _EXACT_SUM_LIMIT:
                raise ValueError(f'{name} is too wide for exact sums in float32')

    def forward(self, x):
        y = torch.round(x * PIXEL_MAXIMUM)
        for layer in self.layers:
            y = layer(y)
        return F.pixel_shuffle(y + anchor(x, self.scale), self.scale)

    @torch.no_grad()
    def write_back(self):
        """The ONNX model with the learned codes."""
        learned = {}
        for name, layer in zip(self.names, self.layers):
            learned[f'{name}.weights.codes'] = layer.weight_codes().numpy().astype(np.int8)
            learned[f'{name}.bias.codes'] = layer.bias_codes().numpy().astype(np.int32)
            if layer.slope is not None:
                slope = layer.slope.half().numpy()
                learned[name.replace('conv', 'prelu') + '.slope.f16'] = slope.reshape(1, -1, 1, 1)
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for initializer in model.graph.initializer:
            if initializer.name in learned:
                old = numpy_helper.to_array(initializer)
                new = learned[initializer.name].astype(old.dtype)
                initializer.CopyFrom(numpy_helper.from_array(new.reshape(old.shape), initializer.name))
        onnx.checker.check_model(model)
        return model


def _codes_of(constants, name):
    zero_point = constants[f'{name}.quantized.zero_point']
    limits = np.iinfo(zero_point.dtype)
    return _Codes(float(constants[f'{name}.quantized.scale']),
                  float(limits.min) - float(zero_point), float(limits.max) - float(zero_point))
