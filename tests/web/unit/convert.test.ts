// What is no model, or one that cannot be converted, is refused with a sentence that names the part and says what to do.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fromHalf, toHalf } from '../../../web/src/convert/half.ts';
import {
  artifactsToOnnx,
  cleanOnnx,
  modelJsonToOnnx,
  parseModelJson,
} from '../../../web/src/convert/index.ts';
import { decodeOnnx, type OnnxModel } from '../../../web/src/convert/onnx-file.ts';
import { type ModelArtifacts, TesseraError } from '../../../web/src/index.ts';
import { attr, GraphBuilder } from '../support/graph-json.ts';
import { float, OnnxBuilder, tensor } from '../support/onnx-builder.ts';

type Config = Record<string, unknown>;

/** A model of one layer on a picture, with a 1x1 kernel of zeros. */
function oneLayer(
  class_name: string,
  config: Config,
  shape: unknown = [null, null, null, 3],
): ModelArtifacts {
  const inbound_nodes = [[['x', 0, 0, {}]]];
  const layers = [
    {
      class_name: 'InputLayer',
      name: 'x',
      config: { batch_input_shape: shape },
      inbound_nodes: [],
    },
    { class_name, name: 'one', config, inbound_nodes },
  ];
  return {
    modelTopology: {
      class_name: 'Functional',
      config: { layers, input_layers: [['x', 0, 0]], output_layers: [['one', 0, 0]] },
    },
    weightSpecs: [
      { name: 'one/kernel', shape: [1, 1, 3, 3], dtype: 'float32' },
      { name: 'one/bias', shape: [3], dtype: 'float32' },
    ],
    weightData: new ArrayBuffer(48),
  };
}

const CONV = { padding: 'same', strides: [1, 1], activation: 'linear' };
const good = () => oneLayer('Conv2D', CONV);

interface Refusal {
  name: string;
  artifacts: () => ModelArtifacts;
  code: string;
  says: RegExp;
}

const layer = (
  name: string,
  class_name: string,
  config: Config,
  code: string,
  says: RegExp,
): Refusal => ({
  ...{ name, code, says },
  artifacts: () => oneLayer(class_name, config),
});

const FORMAT = 'ERR_MODEL_FORMAT';
const OP = 'ERR_MODEL_OP';

const REFUSALS: readonly Refusal[] = [
  layer('a function in Python', 'Lambda', {}, OP, /layer one \(Lambda\).*tf2onnx/),
  layer(
    'a class of somebody',
    'MyLayer',
    {},
    OP,
    /layer one \(MyLayer\).*not TensorFlow\.js's own.*ordinary layers/,
  ),
  layer(
    'channels first',
    'Conv2D',
    { ...CONV, data_format: 'channels_first' },
    OP,
    /channels_first/,
  ),
  layer('an unknown function', 'Conv2D', { ...CONV, activation: 'own' }, OP, /activation 'own'/),
  layer('a stride of nothing', 'Conv2D', { ...CONV, strides: [0, 1] }, FORMAT, /strides \[0,1\]/),
  layer(
    'a weight that is not there',
    'PReLU',
    {},
    FORMAT,
    /layer one \(PReLU\) has no weight 'alpha'/,
  ),
  layer('a property of every object', 'constructor', {}, OP, /layer one \(constructor\)/),
  {
    name: 'a picture without channels',
    artifacts: () => oneLayer('Conv2D', CONV, [null, null, null, null]),
    ...{ code: FORMAT, says: /a picture with channels last is wanted/ },
  },
  {
    name: 'weights that end early',
    artifacts: () => ({ ...good(), weightData: new ArrayBuffer(44) }),
    ...{ code: FORMAT, says: /hold 44 bytes and end before one\/bias does \(48\).*all files/ },
  },
  {
    name: 'a shape beyond all memory',
    artifacts: () => ({
      ...good(),
      weightSpecs: [{ name: 'one/kernel', shape: [2 ** 40, 2 ** 40], dtype: 'float32' }],
    }),
    ...{ code: FORMAT, says: /end before one\/kernel/ },
  },
  {
    name: 'a negative extent',
    artifacts: () => ({
      ...good(),
      weightSpecs: [{ name: 'one/kernel', shape: [-1, 3], dtype: 'float32' }],
    }),
    ...{ code: FORMAT, says: /without a name or a shape/ },
  },
  {
    name: 'weights of words',
    artifacts: () => ({ ...good(), weightSpecs: [{ name: 'w', shape: [1], dtype: 'string' }] }),
    ...{ code: OP, says: /weight w is of type string/ },
  },
  {
    name: 'a rounding without a scale',
    artifacts: () => ({
      ...good(),
      weightSpecs: [{ name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'uint8' } }],
    }),
    ...{ code: FORMAT, says: /weight w was quantized, but/ },
  },
  {
    name: 'a model without weights',
    artifacts: () => ({ modelTopology: good().modelTopology }),
    ...{ code: FORMAT, says: /no weightSpecs or no weightData/ },
  },
  {
    name: 'a topology that is none',
    artifacts: () => ({ ...good(), modelTopology: { class_name: 'Model', config: { layers: 3 } } }),
    ...{ code: FORMAT, says: /the list of layers is missing/ },
  },
  {
    name: 'an operator that is not known',
    artifacts: () => {
      const g = new GraphBuilder();
      return {
        ...g.build(g.node('NonMaxSuppressionV5', [g.picture])),
        weightData: new ArrayBuffer(0),
      };
    },
    ...{ code: OP, says: /NonMaxSuppressionV5.*cannot be converted.*ONNX/ },
  },
  {
    name: 'a node that needs itself',
    artifacts: () => {
      const g = new GraphBuilder();
      return g.build(g.node('Relu', ['Relu_1']));
    },
    ...{ code: FORMAT, says: /needs its own result/ },
  },
  {
    name: 'a node that is not there',
    artifacts: () => {
      const g = new GraphBuilder();
      return g.build(g.node('Relu', ['nowhere']));
    },
    ...{ code: FORMAT, says: /no node nowhere/ },
  },
  {
    name: 'a normalization in training',
    artifacts: () => {
      const g = new GraphBuilder();
      const numbers = () => g.constant([3], [1, 1, 1]);
      const inputs = [g.picture, numbers(), numbers(), numbers(), numbers()];
      return g.build(g.node('FusedBatchNormV3', inputs, { is_training: attr.b(true) }));
    },
    ...{ code: OP, says: /as in training.*for inference/ },
  },
];

describe('models that cannot be converted', () => {
  test('a good one can', () => {
    assert.ok(artifactsToOnnx(good()).length > 0);
  });

  for (const { name, artifacts, code, says } of REFUSALS) {
    test(name, () => {
      assert.throws(
        () => artifactsToOnnx(artifacts()),
        (error) => {
          assert.ok(error instanceof TesseraError);
          assert.equal(error.code, code);
          assert.match(error.message, says);
          return true;
        },
      );
    });
  }

  test('whatever is wrong in a model.json is an error of ours', () => {
    const text = JSON.stringify({
      ...good(),
      weightsManifest: [{ paths: ['w.bin'], weights: good().weightSpecs }],
    });
    const wrong = ['null', '-1', '"x"', '[]', '{}', '1e99', 'true'];
    for (let at = 0; at < text.length; at += 7) {
      for (const value of wrong) {
        // A value in place of the one that begins here, up to the next comma or bracket.
        const end = text.slice(at + 1).search(/[,\]}]/) + at + 1;
        const changed = text.slice(0, at) + value + text.slice(end);
        try {
          modelJsonToOnnx(parseModelJson(changed), () => new Uint8Array(48));
        } catch (error) {
          assert.ok(error instanceof TesseraError, `${changed}: ${error}`);
        }
      }
    }
  });

  test('a layer that is used a thousand times stores its weights once', () => {
    const { modelTopology, ...weights } = good();
    const { config } = modelTopology as {
      config: { layers: { inbound_nodes: unknown[] }[]; output_layers: unknown };
    };
    const [, one] = config.layers as [object, { inbound_nodes: unknown[] }];
    for (let use = 0; use < 1000; use++) one.inbound_nodes.push([['one', use, 0, {}]]);
    config.output_layers = [['one', 1000, 0]];
    const { graph } = decodeOnnx(artifactsToOnnx({ modelTopology, ...weights }));
    assert.equal(graph?.node?.length, 1001);
    assert.equal(graph?.initializer?.length, 2);
  });
});

describe('ONNX files that become smaller', () => {
  const build = () => {
    const b = new OnnxBuilder({ constants: 'node', producer: 'somebody' });
    b.metadata('tessera.scale', '1').metadata('author', 'somebody');
    b.node('Conv', [b.input, tensor([3, 3, 1, 1], Array(9).fill(0.1))]);
    const same = b.node('Identity', [b.input]);
    return b.build(b.node('LeakyRelu', [same], { alpha: float(0.1) }));
  };

  test('lose what nothing needs', () => {
    const clean: OnnxModel = decodeOnnx(cleanOnnx(build()));
    assert.deepEqual(
      clean.graph?.node?.map(({ op_type, name, input }) => [op_type, name, input]),
      [['LeakyRelu', undefined, ['input']]],
    );
    assert.deepEqual(clean.graph?.initializer ?? [], []);
    assert.deepEqual(clean.metadata_props, [{ key: 'tessera.scale', value: '1' }]);
  });

  test('bring in weights of other files', () => {
    const b = new OnnxBuilder({ external: 'w.bin' });
    const values = Array.from({ length: 36 }, (_, i) => i);
    const file = b.build(b.node('Conv', [b.input, tensor([12, 3, 1, 1], values)]));
    assert.throws(() => cleanOnnx(file), /weights lie in w\.bin/);
    const clean = decodeOnnx(
      cleanOnnx(file, { externalData: new Map([['w.bin', b.externalBytes]]) }),
    );
    const raw = clean.graph?.initializer?.[0]?.raw_data as Uint8Array;
    assert.deepEqual([...new Float32Array(raw.slice().buffer)], values);
  });

  test('damaged ones are refused', () => {
    const file = build();
    for (let length = 1; length < file.length; length += 3) {
      try {
        cleanOnnx(file.subarray(0, length));
      } catch (error) {
        assert.ok(error instanceof TesseraError, String(error));
      }
    }
  });
});

test('halves are the nearest, of two the even one', () => {
  for (let bits = 0; bits < 0x7c00; bits++) assert.equal(toHalf(fromHalf(bits)), bits);
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const middle = (fromHalf(bits) + fromHalf(bits + 1)) / 2;
    assert.equal(toHalf(middle), bits % 2 === 0 ? bits : bits + 1);
    assert.equal(toHalf(-middle), 0x8000 | toHalf(middle));
  }
  assert.equal(toHalf(1e6), 0x7bff);
  assert.equal(toHalf(1e-9), 0);
});
