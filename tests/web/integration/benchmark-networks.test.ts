// The networks that the tile benchmark runs are what their names say, by the core's own reading.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  BENCHMARK_NETWORKS,
  benchmarkNetwork,
  type NetworkKind,
} from '../support/benchmark-networks.ts';
import { type CoreModule, loadCore, loadModel } from '../support/core.ts';
import { type FloatImage, runReference } from '../support/onnxruntime.ts';
import { Random } from '../support/random.ts';

// Written down by hand from the papers: multiplications per input pixel.
const EXPECTED = {
  plain32: { scale: 2, multiplications: 9 * (3 * 32 + 5 * 32 * 32 + 32 * 12) },
  srvgg16: { scale: 4, multiplications: 9 * (3 * 64 + 16 * 64 * 64 + 64 * 48) },
  srresnet: {
    scale: 4,
    multiplications: 81 * 3 * 64 + 33 * 9 * 64 * 64 + (1 + 4) * 9 * 64 * 256 + 16 * 81 * 64 * 3,
  },
  'photo-x2': { scale: 2, multiplications: 50_400 },
};

/** Bytes as the library hands them to a network: in [0, 1]. */
function randomImage(edge: number): FloatImage {
  const bytes = new Random(3).bytes(3 * edge ** 2);
  return { shape: [3, edge, edge], data: Float32Array.from(bytes, (byte) => byte / 255) };
}

describe('networks of the tile benchmark', () => {
  let core: CoreModule;
  before(async () => {
    core = await loadCore();
  });

  for (const name of BENCHMARK_NETWORKS) {
    const facts = (kind: NetworkKind) => {
      const network = benchmarkNetwork(name, kind);
      const model = loadModel(core, network.file);
      try {
        return { network, info: model.info() };
      } finally {
        model.delete();
      }
    };

    for (const kind of ['float', 'int8'] as const) {
      test(`${name}, ${kind}: scale and multiplications`, () => {
        const { network, info } = facts(kind);
        assert.equal(info.scale, EXPECTED[name].scale);
        assert.equal(network.scale, info.scale);
        assert.equal(info.multiplicationsPerPixel, EXPECTED[name].multiplications);
        assert.equal(network.multiplicationsPerPixel, info.multiplicationsPerPixel);
      });
    }

    test(`${name}: both kinds compute nearly the same`, async () => {
      const image = randomImage(24);
      const float = await runReference(benchmarkNetwork(name, 'float').file, image);
      const int8 = await runReference(benchmarkNetwork(name, 'int8').file, image);
      const mean = (numbers: Float32Array) => numbers.reduce((a, b) => a + b, 0) / numbers.length;
      const average = mean(float.data);
      const signal = Math.sqrt(mean(float.data.map((value) => (value - average) ** 2)));
      const error = Math.sqrt(mean(float.data.map((v, i) => (v - (int8.data[i] as number)) ** 2)));
      assert.ok(signal > 0.05, `the result hardly varies: ${signal}`);
      assert.ok(error > 0, 'the int8 network does not round');
      assert.ok(error < 0.15 * signal, `off by ${error}, and the picture varies by ${signal}`);
    });
  }
});
