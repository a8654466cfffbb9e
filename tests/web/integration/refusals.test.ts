// What is no network, or one that cannot run here, is refused with a sentence that names what it is
// or which node it is about, what was wanted, and what to do.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { CoreError, type CoreModule, loadCore, runPicture } from '../support/core.ts';
import { float, int64s, OnnxBuilder, type TensorData, tensor } from '../support/onnx-builder.ts';
import { Random } from '../support/random.ts';

type Code = 'ERR_MODEL_FORMAT' | 'ERR_MODEL_OP' | 'ERR_UNSUPPORTED';

interface Refusal {
  name: string;
  file: () => Uint8Array;
  code: Code;
  /** What the message holds, in this order. */
  says: readonly string[];
}

const latin = (text: string): Uint8Array => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const foreign = (name: string, bytes: Uint8Array, ...says: string[]): Refusal => ({
  name,
  file: () => bytes,
  code: 'ERR_MODEL_FORMAT',
  says,
});

const zipOf = (entry: string): Uint8Array =>
  latin(`PK\x03\x04\x14\0\0\0\0\0${'\0'.repeat(16)}${entry}${'\0'.repeat(40)}`);

const EXPORT_PYTORCH = "torch.onnx.export(model, (image,), 'model.onnx')";

const foreignFiles: readonly Refusal[] = [
  foreign('an empty file', new Uint8Array(), 'the file is empty', 'cut short?'),
  foreign(
    'a Git LFS pointer',
    utf8('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    ...['Git LFS pointer', 'git lfs pull'],
  ),
  foreign(
    'an HTML page',
    utf8('\n <!DOCTYPE html><html><body>Sign in</body></html>'),
    ...['HTML page', "server's answer", 'take the address'],
  ),
  foreign(
    "a store's answer in XML",
    utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'),
    ...['XML document', "server's answer", 'open its address'],
  ),
  foreign(
    'an answer in JSON',
    utf8('{"error":"Repository not found"}'),
    'JSON file, not a network',
    'open its address',
  ),
  foreign('a text', utf8('Entry not found'), 'text file', '"Entry not found"', 'open its address'),
  foreign('white space', utf8(' \n\n '), 'nothing but white space', 'cut short?'),
  foreign('a gzip archive', latin('\x1f\x8b\x08\0\0\0\0\0\0\x03abc'), 'gzip archive', 'unpack it'),
  foreign('a 7z archive', latin('7z\xbc\xaf\x27\x1c\0\x04'), '7z archive', 'unpack it'),
  foreign('a zip archive', zipOf('model/readme.txt'), 'zip archive', '.onnx file inside'),
  foreign('a .pth file', zipOf('archive/data.pkl'), 'PyTorch checkpoint', EXPORT_PYTORCH),
  foreign('TorchScript', zipOf('net/constants.pkl'), 'TorchScript', 'torch.jit.load'),
  foreign(
    'a .pth file of before PyTorch 1.6',
    latin('\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.'),
    ...['PyTorch checkpoint', EXPORT_PYTORCH],
  ),
  foreign('a pickle', latin('\x80\x04\x95\x0c\0\0\0\0\0\0\0}'), 'pickle', EXPORT_PYTORCH),
  foreign(
    'a .safetensors file',
    latin('\x40\0\0\0\0\0\0\0{"__metadata__":{"format":"pt"}}'),
    ...['weights without a network', '.safetensors', EXPORT_PYTORCH],
  ),
  foreign('a .tflite file', latin('\x1c\0\0\0TFL3\x14\0\x20\0'), 'TensorFlow Lite', '--tflite'),
  foreign('an .ort file', latin('\x20\0\0\0ORTM\0\0\0\0'), '.ort file', 'take the .onnx file'),
  foreign('a Keras .h5 file', latin('\x89HDF\r\n\x1a\n\0\0'), 'HDF5', "format='onnx'"),
  foreign('a .keras file', zipOf('model.weights.h5'), '.keras', "format='onnx'"),
  foreign('an ncnn network', utf8('7767517\n75 83\n'), 'ncnn', 'take the .onnx or .pth file'),
  foreign(
    'an OpenVINO network',
    utf8('<?xml version="1.0"?>\n<net name="a" version="11">'),
    'OpenVINO',
    'export',
  ),
  foreign(
    'a TensorFlow.js model',
    utf8('{"format":"x","modelTopology":{}}'),
    'TensorFlow.js',
    'tf2onnx',
  ),
  foreign('a Caffe network', utf8('name: "a"\nlayer {\n'), 'Caffe', 'export'),
  foreign('a GGUF file', latin('GGUF\x03\0\0\0'), 'GGUF', 'export'),
  foreign('a NumPy array', latin('\x93NUMPY\x01\0v\0'), 'NumPy array', 'export'),
  foreign('ONNX as text', utf8('ir_version: 8\ngraph {\n}\n'), 'text form', 'onnx.save'),
  foreign(
    'a frozen TensorFlow graph',
    latin('\x0a\x14\x0a\x05input\x12\x0bPlaceholder\x0a\x04\x0a\x02ab'),
    ...['frozen TensorFlow graph', '--graphdef'],
  ),
  foreign(
    'a SavedModel',
    latin('\x08\x01\x12\x0b\x0a\x09\x22\x05serve\x2a\x00'),
    ...['SavedModel', '--saved-model'],
  ),
  foreign(
    'a Paddle network',
    latin('\x0a\x08\x08\0\x10\xff\xff\xff\xff\x0f'),
    ...['PaddlePaddle', 'paddle2onnx'],
  ),
  foreign(
    'a PNG picture',
    latin('\x89PNG\r\n\x1a\n\0\0\0\rIHDR'),
    'PNG picture',
    'where the image is asked',
  ),
  foreign(
    'a JPEG picture',
    latin('\xff\xd8\xff\xe0\0\x10JFIF'),
    'JPEG picture',
    'where the image is asked',
  ),
  foreign('zeros', new Uint8Array(5000), 'nothing but zeros', 'in full?'),
];

const random = new Random(3);
const weights = (...shape: number[]): TensorData =>
  tensor(
    shape,
    random.floats(
      shape.reduce((all, n) => all * n, 1),
      0.1,
    ),
  );

const PICTURE = { width: 16, height: 16, data: new Uint8ClampedArray(16 * 16 * 4).fill(255) };

/** A convolution that keeps the extents. */
const conv = (net: OnnxBuilder, x: string, inputs: number, outputs: number): string =>
  net.node('Conv', [x, weights(outputs, inputs, 3, 3)], { pads: [1, 1, 1, 1] });

const sound = (): Uint8Array => {
  const net = new OnnxBuilder();
  return net.build(net.node('DepthToSpace', [conv(net, net.input, 3, 12)], { blocksize: 2 }));
};

type Describe = (net: OnnxBuilder) => string;
type Options = ConstructorParameters<typeof OnnxBuilder>[0];

const network = (
  name: string,
  code: Code,
  says: readonly string[],
  build: Describe,
  options: Options = {},
): Refusal => ({
  name,
  code,
  says,
  file: () => {
    const net = new OnnxBuilder({ opset: 16, ...options });
    return net.build(build(net));
  },
});

/** An operator between two convolutions. */
const withOperator = (
  op: string,
  attributes: Record<string, never> | Record<string, number | string>,
  rest: (TensorData | string)[] = [],
  domain = '',
): Refusal =>
  network(
    domain === '' ? op : `${op} of another domain`,
    'ERR_MODEL_OP',
    [
      `operator ${op} of node '${op.toLowerCase()}_`,
      ...(domain === ''
        ? ['not supported', 'export it again', 'Supported are']
        : [`'${domain}'`, 'export']),
    ],
    (net) => {
      const x = conv(net, net.input, 3, 8);
      const y = net.nodeWith(op, [x, ...rest], { attributes, domain })[0] as string;
      return conv(net, y, 8, 3);
    },
  );

const networks: readonly Refusal[] = [
  {
    name: 'half of a file',
    code: 'ERR_MODEL_FORMAT',
    says: ['cut'],
    file: () => sound().slice(0, sound().length / 2),
  },
  {
    name: 'noise',
    code: 'ERR_MODEL_FORMAT',
    says: ['damaged or not an ONNX model', 'download or export it again'],
    file: () => Uint8Array.from({ length: 300 }, (_, i) => (i * 151 + 77) & 255),
  },
  withOperator('GridSample', {}, [tensor([1, 4, 4, 2], new Array(32).fill(0))]),
  withOperator('Loop', {}),
  withOperator('If', {}),
  withOperator('LSTM', { hidden_size: 8 }),
  withOperator('NonZero', {}),
  withOperator('RoiAlign', {}),
  withOperator('DeformConv', {}, [weights(8, 8, 3, 3)]),
  network(
    'pixels that are chosen by sorting',
    'ERR_MODEL_OP',
    ["TopK node 'topk_", 'to choose by what the picture shows', 'export the network with'],
    (net) => {
      const [, places] = net.nodeWith('TopK', [conv(net, net.input, 3, 3), int64s([2])], {
        attributes: { axis: 1 },
        outputs: 2,
      });
      return conv(net, net.node('Cast', [places as string], { to: 1 }), 2, 3);
    },
  ),
  network('a backward sum', 'ERR_MODEL_OP', ["CumSum node 'cumsum_", 'plain ones are'], (net) =>
    net.node('CumSum', [conv(net, net.input, 3, 3), int64s([2])], { reverse: 1 }),
  ),
  withOperator('Swish', {}, [], 'org.example'),
  network(
    'two pictures',
    'ERR_UNSUPPORTED',
    ['several pictures', "'input'", "'flow'", 'export'],
    (net) => {
      const flow = net.addInput({ name: 'flow', type: 'float32', shape: [1, 3, 'h', 'w'] });
      return net.node('Add', [conv(net, net.input, 3, 3), conv(net, flow, 3, 3)]);
    },
  ),
  network(
    'a number beside the picture',
    'ERR_UNSUPPORTED',
    ["'strength'", 'needs a value', '--input strength='],
    (net) => {
      const strength = net.addInput({ name: 'strength', type: 'float32', shape: [1] });
      return net.node('Mul', [conv(net, net.input, 3, 3), strength]);
    },
  ),
  network(
    'frames of a video',
    'ERR_UNSUPPORTED',
    ["'input'", '[N, C, H, W]'],
    (net) => net.node('Relu', [net.input]),
    {
      inputShape: [1, 5, 3, 'h', 'w'],
    },
  ),
  network(
    'numbers of text',
    'ERR_UNSUPPORTED',
    ["'input'", 'floating, int8 or uint8'],
    (net) => net.node('Relu', [net.input]),
    {
      type: 'int64',
    },
  ),
  network(
    'two channels',
    'ERR_UNSUPPORTED',
    ['2', 'channels'],
    (net) => conv(net, net.input, 2, 2),
    {
      channels: 2,
    },
  ),
  network('more channels out', 'ERR_UNSUPPORTED', ['channels'], (net) =>
    conv(net, net.input, 3, 6),
  ),
  network(
    'a network that tells cats from dogs',
    'ERR_UNSUPPORTED',
    ['the output', 'must be an image'],
    (net) => {
      const pooled = net.node('GlobalAveragePool', [conv(net, net.input, 3, 8)]);
      return net.node('Gemm', [net.node('Flatten', [pooled]), weights(8, 2)]);
    },
  ),
  network('a smaller picture', 'ERR_UNSUPPORTED', ['1/2 times the image', 'enlarge'], (net) =>
    net.node('Conv', [net.input, weights(3, 3, 2, 2)], { strides: [2, 2] }),
  ),
  network(
    'a picture that only gets wider',
    'ERR_UNSUPPORTED',
    ['2 times the image', 'alike'],
    (net) =>
      net.node('Resize', [conv(net, net.input, 3, 3), '', tensor([4], [1, 1, 1, 2])], {
        mode: 'nearest',
      }),
  ),
  network('a tensor that nothing makes', 'ERR_MODEL_FORMAT', ["'add_", "'ghost'"], (net) =>
    net.node('Add', [conv(net, net.input, 3, 3), 'ghost']),
  ),
  network('weights of the wrong shape', 'ERR_MODEL_FORMAT', ["Conv node 'conv_", '3'], (net) =>
    net.node('Conv', [net.input, weights(8, 5, 3, 3)], { pads: [1, 1, 1, 1] }),
  ),
  network(
    'weights that are no numbers',
    'ERR_MODEL_FORMAT',
    ["Conv node 'conv_", 'finite', 'export the network again'],
    (net) => net.node('Conv', [net.input, tensor([3, 3, 1, 1], new Array(9).fill(Number.NaN))]),
  ),
  network(
    'a Resize of a region',
    'ERR_MODEL_OP',
    ["Resize node 'resize_", 'tf_crop_and_resize', 'half_pixel'],
    (net) =>
      net.node(
        'Resize',
        [net.input, tensor([8], [0, 0, 0, 0, 1, 1, 1, 1]), tensor([4], [1, 1, 2, 2])],
        {
          coordinate_transformation_mode: 'tf_crop_and_resize',
          mode: 'linear',
        },
      ),
  ),
  network('a scale that is no ratio', 'ERR_MODEL_OP', ["Resize node 'resize_", 'ratio'], (net) =>
    net.node('Resize', [net.input, '', tensor([4], [1, 1, Math.PI, Math.PI])], { mode: 'linear' }),
  ),
  network(
    'elements that are assigned here and there',
    'ERR_MODEL_OP',
    ["ScatterND node 'scatternd_", 'side by side', 'torch.cat'],
    (net) => {
      const positions: TensorData = { shape: [2, 2], type: 'int64', values: [0, 0, 0, 2] };
      return net.node('ScatterND', [conv(net, net.input, 3, 3), positions, net.input]);
    },
  ),
  network(
    'an einsum that sums one tensor',
    'ERR_MODEL_OP',
    ["Einsum node 'einsum_", 'sums one input alone', 'matmul'],
    (net) => {
      const x = conv(net, net.input, 3, 3);
      return net.node('Einsum', [x, x], { equation: 'abcd,abce->abe' });
    },
  ),
  network('a convolution of three dimensions', 'ERR_MODEL_OP', ["Conv node 'conv_"], (net) =>
    net.node('Conv', [net.input, weights(3, 3, 1, 3, 3)]),
  ),
  network(
    'an attribute that changes the result',
    'ERR_MODEL_OP',
    ["LeakyRelu node 'leakyrelu_", "'beta'"],
    (net) =>
      net.node('LeakyRelu', [conv(net, net.input, 3, 3)], { alpha: float(0.1), beta: float(3) }),
  ),
  network(
    'a scale that the file lies about',
    'ERR_MODEL_FORMAT',
    ["'tessera.scale'", '4', '2 times'],
    (net) => {
      net.metadata('tessera.scale', '4');
      return net.node('DepthToSpace', [conv(net, net.input, 3, 12)], { blocksize: 2 });
    },
  ),
];

describe('what cannot run is refused with a sentence that says why', () => {
  let core: CoreModule;
  before(async () => {
    core = await loadCore();
  });

  /** The error of loading a file. */
  function refuse(file: Uint8Array): CoreError {
    try {
      runPicture(core, file, PICTURE);
    } catch (error) {
      if (error instanceof CoreError) return error;
      throw error;
    }
    throw new Error('it was not refused');
  }

  test('the table has forty of them and more', () => {
    assert.ok(foreignFiles.length + networks.length >= 40);
    assert.equal(runPicture(core, sound(), PICTURE).width, 32);
  });

  for (const { name, file, code, says } of [...foreignFiles, ...networks]) {
    test(name, () => {
      const error = refuse(file());
      assert.equal(error.code, code, error.message);
      let from = 0;
      for (const part of says) {
        const at = error.message.indexOf(part, from);
        assert.ok(at >= 0, `"${error.message}" does not say "${part}"`);
        from = at + part.length;
      }
    });
  }
});
