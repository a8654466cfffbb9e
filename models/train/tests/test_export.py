import hashlib
import json
import tempfile
import unittest
from pathlib import Path

import onnx
import torch

from ..export import ExportError, load_checkpoint, metadata_of, update_manifest
from ..nets import TrainableNet, run_plain
from ..onnx_file import OnnxNet, build_onnx

CONFIG = {'name': 'made-x2', 'aliases': ('made',), 'scale': 2, 'border': 0, 'licence': 'Apache-2.0',
          'data_statement': 'made'}


def half_rounded(weights):
    return [tuple(None if t is None else t.detach().half().float() for t in layer)
            for layer in weights]


class ExportTest(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(0)

    def weights(self, scale, tail_kernel=3):
        net = TrainableNet(8, 2, 8, scale, tail_kernel)
        for slope in net.slopes:
            torch.nn.init.normal_(slope)
        return net.collapse()

    def test_file_equals_the_network(self):
        for scale, tail_kernel in ((2, 3), (3, 3), (4, 3), (4, 1)):
            weights = self.weights(scale, tail_kernel)
            model = build_onnx(weights, scale, metadata_of(dict(CONFIG, scale=scale), 1))
            net = OnnxNet(onnx.load_from_string(model.SerializeToString()))
            for height, width in ((9, 14), (1, 1), (2, 31)):
                x = torch.rand(1, 3, height, width)
                with torch.no_grad():
                    expected = run_plain(x, half_rounded(weights), scale).clamp(0, 1)
                result = net(x)
                self.assertEqual(result.shape, (1, 3, height * scale, width * scale))
                torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)

    def test_a_border_is_extended_and_cut_away(self):
        weights = self.weights(2)
        metadata = metadata_of(dict(CONFIG, border=3), 1)
        net = OnnxNet(build_onnx(weights, 2, metadata))
        x = torch.rand(1, 3, 9, 14)
        extended = torch.nn.functional.pad(x, (3, 3, 3, 3), mode='replicate')
        with torch.no_grad():
            expected = run_plain(extended, half_rounded(weights), 2).clamp(0, 1)
        torch.testing.assert_close(net(x), expected[:, :, 6:-6, 6:-6], rtol=0, atol=1e-6)

    def test_file_says_what_it_is(self):
        model = build_onnx(self.weights(2), 2, metadata_of(CONFIG, 123))
        properties = {p.key: p.value for p in model.metadata_props}
        self.assertEqual(properties['tessera.name'], 'made-x2')
        self.assertEqual(properties['tessera.scale'], '2')
        self.assertEqual(properties['tessera.color'], 'rgb')
        self.assertEqual(properties['tessera.input_range'], '0,1')
        self.assertEqual(properties['tessera.output_range'], '0,1')
        self.assertEqual(properties['tessera.licence'], 'Apache-2.0')
        self.assertEqual((model.opset_import[0].version, model.ir_version), (13, 7))

        def shape(value):
            return [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
        self.assertEqual(shape(model.graph.input[0]), [1, 3, 'height', 'width'])
        self.assertEqual(shape(model.graph.output[0])[:2], [1, 3])

    def test_weights_are_stored_as_float16(self):
        model = build_onnx(self.weights(2), 2, metadata_of(CONFIG, 1))
        stored = {i.name: i.data_type for i in model.graph.initializer}
        halves = [name for name, kind in stored.items() if kind == onnx.TensorProto.FLOAT16]
        self.assertEqual(len(halves), 4 * 2 + 3)
        casts = [node.input[0] for node in model.graph.node if node.op_type == 'Cast']
        self.assertEqual(sorted(casts), sorted(halves))

    def test_weights_beyond_float16_are_refused(self):
        weights = self.weights(2)
        kernel, bias, slope = weights[0]
        with self.assertRaisesRegex(ValueError, 'conv0.bias.*float16'):
            build_onnx([(kernel, bias + 1e6, slope)] + weights[1:], 2, metadata_of(CONFIG, 1))

    def test_manifest_has_size_hash_and_aliases(self):
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root)
            (folder / 'made-x2.onnx').write_bytes(b'abc')
            (folder / 'manifest.json').write_text('{"other": {"file": "other.onnx"}}')
            update_manifest(folder, CONFIG, 'made-x2.onnx')
            manifest = json.loads((folder / 'manifest.json').read_text())
        self.assertEqual(manifest, {
            'aliases': {'made': 'made-x2'},
            'made-x2': {'file': 'made-x2.onnx', 'scale': 2, 'bytes': 3,
                        'sha256': hashlib.sha256(b'abc').hexdigest()},
            'other': {'file': 'other.onnx'}})

    def test_missing_checkpoint_is_named(self):
        with tempfile.TemporaryDirectory() as root:
            with self.assertRaisesRegex(ExportError, 'train first'):
                load_checkpoint(root)
