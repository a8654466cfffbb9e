// A file that asks for more than any page could give is refused, and takes next to no memory for it: the
// sizes that a file claims cost it nothing to write.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CoreError, loadCore, loadModel } from '../support/core.ts';
import {
  decodeOnnx,
  encodeOnnx,
  int64s,
  OnnxBuilder,
  type TensorData,
  tensor,
} from '../support/onnx-builder.ts';

// Beyond what the file itself takes in memory.
const MOST_BYTES = 100e6;

interface HostileFile {
  name: string;
  file: () => Uint8Array;
  code: string;
  says: RegExp;
}

const build = (network: (b: OnnxBuilder) => string, channels = 3): Uint8Array => {
  const b = new OnnxBuilder({ channels });
  return b.build(network(b));
};

/** A file with `count` nodes, each made of the one before. */
const chain = (count: number, node: (b: OnnxBuilder, x: string) => string): Uint8Array =>
  build((b) => {
    let x = b.input;
    for (let i = 0; i < count; i++) x = node(b, x);
    return x;
  });

/** The image plus a constant that `node` makes. */
const plus = (node: (b: OnnxBuilder) => string): Uint8Array =>
  build((b) => b.node('Add', [b.input, node(b)]));

const convolutionOf = (shape: number[]): Uint8Array =>
  build((b) => b.node('Conv', [b.input, tensor(shape, [])]));

const int64 = (value: number): TensorData => ({ shape: [], type: 'int64', values: [value] });

interface DecodedGraph {
  node: { input: string[]; output: string[] }[];
  output: object[];
}

/** The same file with another graph. */
function changed(bytes: Uint8Array, change: (graph: DecodedGraph) => void): Uint8Array {
  const model = decodeOnnx(bytes);
  change(model.graph as unknown as DecodedGraph);
  return encodeOnnx(model);
}

const relu = (b: OnnxBuilder, x: string) => b.node('Relu', [x]);

const TOO_LARGE = { code: 'ERR_MODEL_OP', says: /makes a constant that is too large/ };

const FILES: readonly HostileFile[] = [
  {
    name: 'an image of 2^31 channels',
    file: () => build((b) => relu(b, b.input), 2 ** 31),
    code: 'ERR_MODEL_FORMAT',
    says: /channels/,
  },
  {
    name: 'a convolution to 2^31 channels',
    file: () => convolutionOf([2 ** 31, 3, 3, 3]),
    code: 'ERR_MODEL_FORMAT',
    says: /impossible dimensions/,
  },
  {
    name: 'weights of 10 GB that are not there',
    file: () => convolutionOf([50_000, 50_000, 1, 1]),
    code: 'ERR_MODEL_FORMAT',
    says: /impossible dimensions/,
  },
  {
    name: 'ConstantOfShape of 10 GB',
    file: () => plus((b) => b.node('ConstantOfShape', [int64s([1, 3, 50_000, 50_000])])),
    ...TOO_LARGE,
  },
  {
    name: 'Expand to 10 GB',
    file: () => plus((b) => b.node('Expand', [tensor([1], [1]), int64s([1, 3, 50_000, 50_000])])),
    ...TOO_LARGE,
  },
  {
    name: 'Tile to 10 GB',
    file: () =>
      plus((b) =>
        b.node('Tile', [tensor([1, 3, 1, 1], [1, 1, 1]), int64s([1, 1, 50_000, 50_000])]),
      ),
    ...TOO_LARGE,
  },
  {
    name: 'Range to 2^33',
    file: () => plus((b) => b.node('Range', [int64(0), int64(2 ** 33), int64(1)])),
    ...TOO_LARGE,
  },
  {
    name: 'a constant that is doubled fifty times',
    file: () =>
      plus((b) => {
        let x = b.constant(tensor([1, 3, 1, 1], [1, 1, 1]));
        for (let i = 0; i < 50; i++) x = b.node('Concat', [x, x], { axis: 1 });
        return b.node('ReduceMean', [x], { axes: [1] });
      }),
    ...TOO_LARGE,
  },
  {
    name: 'forty constants of 64 MB',
    file: () =>
      chain(40, (b, x) => {
        const large = b.node('ConstantOfShape', [int64s([1, 1, 4096, 4000])]);
        return b.node('Add', [x, b.node('ReduceMean', [large], { axes: [2, 3] })]);
      }),
    ...TOO_LARGE,
  },
  {
    name: 'channels that are doubled forty times',
    file: () => chain(40, (b, x) => b.node('Concat', [x, x], { axis: 1 })),
    code: 'ERR_IMAGE_TOO_LARGE',
    says: /its output would have extents/,
  },
  {
    name: 'a picture that is enlarged to 64^6 times its size',
    file: () =>
      chain(6, (b, x) =>
        b.node('Resize', [x, '', tensor([4], [1, 1, 64, 64])], { mode: 'nearest' }),
      ),
    code: 'ERR_IMAGE_TOO_LARGE',
    says: /its output would have extents/,
  },
  {
    name: 'a million nodes',
    file: () => chain(1e6, relu),
    code: 'ERR_UNSUPPORTED',
    says: /more than 20000 operators/,
  },
  {
    name: 'three thousand outputs',
    file: () =>
      changed(chain(3000, relu), (graph) => {
        graph.output = graph.node.map(({ output }) => ({ ...graph.output[0], name: output[0] }));
      }),
    code: 'ERR_UNSUPPORTED',
    says: /3000 outputs; name the one/,
  },
  {
    name: 'a cycle',
    file: () =>
      changed(chain(2, relu), ({ node }) => {
        if (node[0] && node[1]) node[0].input = [...node[1].output];
      }),
    code: 'ERR_MODEL_FORMAT',
    says: /which no earlier node produces/,
  },
  {
    name: 'a string of 1 GB that is not there',
    file: () => Uint8Array.of(0x08, 8, 0x12, 0x80, 0x80, 0x80, 0x80, 0x04, 65, 66),
    code: 'ERR_MODEL_FORMAT',
    says: /cut short/,
  },
];

describe('a hostile file', () => {
  for (const { name, file, code, says } of FILES) {
    test(`${name} is refused`, async () => {
      const bytes = file();
      const core = await loadCore();
      const before = core.HEAPU8.length;
      assert.throws(
        () => loadModel(core, bytes),
        (error) => error instanceof CoreError && error.code === code && says.test(error.message),
      );
      const grown = core.HEAPU8.length - before - bytes.length;
      assert.ok(grown < MOST_BYTES, `memory grew by ${grown} bytes`);
    });
  }
});
