// Random quantized networks against ONNX Runtime, byte by byte, from pixels to pixels.
//
// ONNX Runtime has two answers to one file. With its graph optimisations off it computes the file as
// written: floating-point operators on dequantized values, one rounding at each QuantizeLinear,
// halves to even. With them on (the default) it adds up in integers where it finds the patterns, as we
// do, but rounds twice in places: floating biases go to 32-bit steps before anything is added, and its
// integer Add and Mul round exact halves another way. The two differ by up to 5 of 255 here.
//
// Where all scales are powers of two, floating-point sums are exact, and the file as written is the
// one truth, ties included. Elsewhere a value within a rounding error of the middle between two codes
// may go to either, and the layers after it spread that step: there the nearer answer counts. (Of 200
// such networks 0.03 % of the bytes differed, and two networks had bytes that were 2 off.)
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type CoreModule, loadCore, loadModel, runPicture } from '../support/core.ts';
import { runReference } from '../support/onnxruntime.ts';
import { fromNetwork, type Pixels, randomPicture, toNetwork } from '../support/pixels.ts';
import { type QuantizedNetwork, quantizedNetwork } from '../support/quantized-network.ts';
import { Random } from '../support/random.ts';
import { seeds } from '../support/seeds.ts';

const INTEGER_NETWORKS = 40;
const ISLAND_NETWORKS = 12;

// What the corpus must hold, as QuantizedNetwork.parts names it.
const KINDS = [
  ...['conv1x1', 'conv3x3', 'conv5x5', 'conv7x7', 'conv9x9', 'conv3x3.d2', 'conv3x3.s2'],
  ...['conv3x3.g2', 'conv3x3.g4', 'relu', 'clip', 'leaky', 'prelu', 'prelus', 'Add', 'Concat'],
  ...['Mul', 'Sigmoid', 'Tanh', 'Gelu', 'Resize.nearest', 'Resize.linear', 'DepthToSpace.CRD'],
  ...['DepthToSpace.DCR', 'Clip'],
];

/** How often two pictures differ, and by how much. */
class Differences {
  readonly bytes: number;
  readonly different: number;
  readonly largest: number;

  constructor(actual: Pixels, expected: Pixels, what: string) {
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height], what);
    const distances = actual.data.map((byte, i) => Math.abs(byte - (expected.data[i] as number)));
    this.bytes = (expected.data.length / 4) * 3;
    this.different = distances.filter((distance) => distance > 0).length;
    this.largest = distances.reduce((most, distance) => Math.max(most, distance), 0);
  }
}

/** Extents are even: some networks halve them. */
function picture(seed: number): Pixels {
  const random = new Random(seed + 1000);
  return randomPicture(random, 2 * random.integer(3, 16), 2 * random.integer(3, 16));
}

/** What ONNX Runtime makes of the picture; nothing when its optimiser refuses the file. */
async function reference(
  { file, encoding }: QuantizedNetwork,
  image: Pixels,
  optimize: boolean,
): Promise<Pixels | undefined> {
  try {
    return fromNetwork(
      await runReference(file, toNetwork(image, encoding), { optimize }),
      encoding,
    );
  } catch (error) {
    // It makes two nodes of one name where a Clip is superfluous.
    if (optimize && /two nodes with same node name/.test(String(error))) return undefined;
    throw error;
  }
}

/** The answers that count. */
async function references(network: QuantizedNetwork, image: Pixels): Promise<Pixels[]> {
  const written = await reference(network, image, false);
  if (network.exact) return [written as Pixels];
  const optimized = await reference(network, image, true);
  // Only the second rounds a floating bias, as every engine that adds up in integers must.
  const answers = network.floatBias ? [optimized] : [written, optimized];
  return answers.filter((answer) => answer !== undefined);
}

describe('quantized networks against ONNX Runtime', () => {
  let core: CoreModule;
  before(async () => {
    core = await loadCore();
  });

  /** How far our result is from the nearest answer; nothing when there is none. */
  async function compare(
    network: QuantizedNetwork,
    seed: number,
  ): Promise<Differences | undefined> {
    const image = picture(seed);
    const ours = runPicture(core, network.file, image);
    const answers = await references(network, image);
    const distances = answers.map((answer) => new Differences(ours, answer, network.description));
    return distances.sort((a, b) => a.different - b.different)[0];
  }

  /** Asserts that no byte is off by more than 1. */
  function assertNear(differences: Differences, { description }: QuantizedNetwork): void {
    assert.ok(differences.largest <= 1, `a byte is ${differences.largest} off, ${description}`);
  }

  describe('every layer quantized: no byte is off by more than 1', () => {
    const totals = { exact: { bytes: 0, different: 0 }, other: { bytes: 0, different: 0 } };
    const parts = new Set<string>();

    for (const seed of seeds(INTEGER_NETWORKS)) {
      test(`network ${seed}`, async (context) => {
        const network = await quantizedNetwork(seed);
        assert.ok(network.integer, network.description);
        for (const part of network.parts) parts.add(part.replace(/\(.*/, ''));
        const differences = await compare(network, seed);
        if (!differences) return context.skip('ONNX Runtime refuses the file');
        const total = network.exact ? totals.exact : totals.other;
        total.bytes += differences.bytes;
        total.different += differences.different;
        assertNear(differences, network);
      });

      test(`network ${seed} runs on integers`, async () => {
        const { file, description } = await quantizedNetwork(seed);
        const model = loadModel(core, file);
        const convolutions = model.info().nodes.filter(({ op }) => op === 'Conv');
        model.delete();
        const floating = convolutions.filter(({ runs }) => runs !== 'int8').map(({ name }) => name);
        assert.deepEqual(floating, [], description);
      });
    }

    for (const [name, total, most] of [
      ['99.99 % of the bytes are equal where sums are exact', totals.exact, 0.0001],
      ['99.9 % of the bytes are equal elsewhere', totals.other, 0.001],
    ] as const) {
      test(name, (context) => {
        const message = `${total.different} of ${total.bytes} bytes differ`;
        context.diagnostic(message);
        assert.ok(total.different <= most * total.bytes, message);
      });
    }

    test('every kind of layer occurred', { skip: process.env.TESSERA_SEED !== undefined }, () => {
      const missing = KINDS.filter((kind) => !parts.has(kind));
      assert.deepEqual(missing, [], `there were ${[...parts].sort().join(' ')}`);
    });
  });

  describe('some layers floating: no byte is off by more than 1', () => {
    for (const seed of seeds(ISLAND_NETWORKS)) {
      test(`network ${seed}`, async (context) => {
        const network = await quantizedNetwork(seed, { islands: true });
        const differences = await compare(network, seed);
        if (!differences) return context.skip('ONNX Runtime refuses the file');
        assertNear(differences, network);
      });
    }
  });
});
