import unittest

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from ..compact import compact
from ..finetune import finetune
from ..quantized import QuantizedNet, rounded
from .synthetic import picture, small_config


IMAGE = helper.make_tensor_value_info('image', TensorProto.FLOAT, [1, 3, 'height', 'width'])
OUTPUT = helper.make_tensor_value_info('conv1', TensorProto.FLOAT, [1, 12, 'height', 'width'])


def quantized_model(scale=2, channels=8, seed=0):
    """Two layers in the form that `tessera quantize` writes, without shuffle and anchor."""
    rng = np.random.default_rng(seed)
    constants, nodes = {}, []
    widths = [3, channels, 3 * scale * scale]

    def add(name, array):
        constants[name] = np.asarray(array)
        return name

    def requantize(name, step, zero_point):
        quantization = [add(f'{name}.scale', np.float32(step)),
                        add(f'{name}.zero_point', np.uint8(zero_point))]
        nodes.append(helper.make_node('QuantizeLinear', [name, *quantization], [f'{name}.q']))
        nodes.append(helper.make_node(
            'DequantizeLinear', [f'{name}.q', *quantization], [f'{name}.d']))
        return f'{name}.d'

    given = requantize('image', 1 / 255, 0)
    for layer, unit in enumerate((1 / 255, 0.004)):
        name, outputs = f'conv{layer}', widths[layer + 1]
        scales = rng.uniform(0.001, 0.003, outputs).astype(np.float32)
        codes = rng.integers(-63, 64, (outputs, widths[layer], 3, 3)).astype(np.int8)
        weights = [add(f'{name}.weights', codes), add(f'{name}.weights.scale', scales)]
        bias = [add(f'{name}.bias', rng.integers(-900, 900, outputs).astype(np.int32)),
                add(f'{name}.bias.scale', scales * np.float32(unit))]
        nodes.append(helper.make_node('DequantizeLinear', weights, [f'{name}.w'], axis=0))
        nodes.append(helper.make_node('DequantizeLinear', bias, [f'{name}.b'], axis=0))
        nodes.append(helper.make_node(
            'Conv', [given, f'{name}.w', f'{name}.b'], [name], name=f'node of {name}',
            kernel_shape=[3, 3], pads=[1, 1, 1, 1], strides=[1, 1], group=1))
        if layer == 0:
            slope = rng.uniform(0, 0.5, (1, channels, 1, 1)).astype(np.float32)
            nodes.append(helper.make_node('PRelu', [name, add('slope', slope)], ['prelu0']))
            given = requantize('prelu0', 0.004, 100)
    graph = helper.make_graph(nodes, 'made', [IMAGE], [OUTPUT] if scale == 2 else [], [
        numpy_helper.from_array(array, name) for name, array in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 13)])
    model.ir_version = 7
    helper.set_model_props(model, {'tessera.scale': str(scale)})
    return model, constants


def reference(constants, image, scale):
    """The meaning of the file in whole numbers and float64, pixel by pixel of an (H, W, 3) image."""
    codes = image.astype(np.int64).transpose(2, 0, 1)
    for layer, zero_point in enumerate((0, 100)):
        weights = constants[f'conv{layer}.weights'].astype(np.int64)
        padded = np.pad(codes - zero_point, ((0, 0), (1, 1), (1, 1)))
        height, width = codes.shape[1:]
        sums = constants[f'conv{layer}.bias'].astype(np.int64)[:, None, None] + sum(
            np.einsum('oi,ihw->ohw', weights[:, :, dy, dx], padded[:, dy:dy + height, dx:dx + width])
            for dy in range(3) for dx in range(3))
        given = (1 / 255, np.float64(constants['prelu0.scale']))[layer]
        values = sums * given * constants[f'conv{layer}.weights.scale'][:, None, None]
        if layer == 0:
            slopes = constants['slope'].astype(np.float64)[0]
            values = np.where(values < 0, values * slopes, values)
            codes = np.clip(np.rint(values / constants['prelu0.scale']) + 100, 0, 255)
    base = np.repeat(image.transpose(2, 0, 1) / 255, scale * scale, axis=0)
    return values + base


class QuantizedTest(unittest.TestCase):
    def test_forward_is_what_the_file_means(self):
        model, constants = quantized_model()
        image = picture(9, 7, 1)
        x = torch.from_numpy(image.transpose(2, 0, 1).copy()).float()[None] / 255
        with torch.no_grad():
            result = torch.nn.functional.pixel_unshuffle(QuantizedNet(model)(x), 2)[0].numpy()
        expected = reference(constants, image, 2)
        # A tie may be rounded otherwise; one code is at most 63 * 0.004 * 0.003 of the value.
        self.assertLess(np.abs(result - expected).max(), 2e-3)
        self.assertLess(np.abs(result - expected).mean(), 1e-5)

    def test_unchanged_codes_are_written_back_as_they_were(self):
        model, constants = quantized_model()
        written = {i.name: numpy_helper.to_array(i)
                   for i in QuantizedNet(model).write_back().graph.initializer}
        for name, array in constants.items():
            np.testing.assert_array_equal(written[name], array, err_msg=name)
            self.assertEqual(written[name].dtype, array.dtype)

    def test_compact_file_is_the_same_network(self):
        model, constants = quantized_model()
        small = compact(model)
        self.assertLess(small.ByteSize(), model.ByteSize() - 300)
        self.assertEqual([v.name for v in [*small.graph.input, *small.graph.output]],
                         ['image', 'conv1'])
        self.assertEqual({n.name for n in small.graph.node}, {''})
        x = torch.rand(1, 3, 6, 5).mul(255).round().div(255)
        with torch.no_grad():
            self.assertTrue(torch.equal(QuantizedNet(model)(x), QuantizedNet(small)(x)))

    def test_gradient_passes_the_rounding(self):
        x = torch.tensor([0.3, 2.5], requires_grad=True)
        y = rounded(x)
        y.sum().backward()
        self.assertEqual(y.tolist(), [0.0, 2.0])
        self.assertEqual(x.grad.tolist(), [1.0, 1.0])

    def test_sums_beyond_float32_are_refused(self):
        with self.assertRaisesRegex(ValueError, 'layer 1 is too wide'):
            QuantizedNet(quantized_model(channels=256)[0])

    def test_fine_tuning_undoes_damage(self):
        truth, _ = quantized_model()
        damaged, _ = quantized_model()
        rng = np.random.default_rng(5)
        for initializer in damaged.graph.initializer:
            if initializer.name == 'conv1.bias':
                array = numpy_helper.to_array(initializer)
                initializer.CopyFrom(numpy_helper.from_array(
                    array + rng.integers(-9000, 9000, array.shape).astype(np.int32),
                    initializer.name))
        source = _TeacherSource(QuantizedNet(truth))
        _, after, before = finetune(small_config(), source, damaged, lambda _: None)
        self.assertGreater(after, before + 1.0)


class _TeacherSource:
    """Batches and held-out pairs whose truth is what a network makes of them."""

    def __init__(self, net):
        self.net = net

    def batch(self, seed, iteration, batch, patch):
        low = np.stack([picture(patch, patch, (seed, iteration, i)) for i in range(batch)])
        low = torch.from_numpy(low.transpose(0, 3, 1, 2).copy()).float() / 255
        with torch.no_grad():
            return low, self.net(low)

    def held_out(self):
        low = picture(24, 24, 99)
        x = torch.from_numpy(low.transpose(2, 0, 1).copy()).float()[None] / 255
        with torch.no_grad():
            high = (self.net(x)[0].clamp(0, 1) * 255).round().byte()
        return [(low, high.numpy().transpose(1, 2, 0))]
