// Random quantized networks against ONNX Runtime, byte by byte, from pixels to pixels.
//
// The reference computes the file as it is written: floating-point operators on dequantized values,
// and one rounding at each QuantizeLinear, halves to even. ONNX Runtime's graph optimisations are off
// because they change results, here by up to 5 of 255: they round a floating bias to 32-bit steps,
// which no QuantizeLinear of the file asks for, and their integer Add and Mul round exact halves
// another way. (They also refuse some of these files.)
//
// What remains between the two sides is the order of floating-point sums: a value within a rounding
// error of the middle between two codes may go to either, and the layers after it spread that step.
// In a network with floating layers ours are such sums too, so the same bound holds for the same
// reason, only that more values are near a middle.
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type CoreModule, loadCore, runPicture } from '../support/core.ts';
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

/** How often two pictures differ. */
class Differences {
  bytes = 0;
  different = 0;
  largest = 0;

  add(actual: Pixels, expected: Pixels, what: string): void {
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height], what);
    this.bytes += (expected.data.length / 4) * 3;
    for (let i = 0; i < expected.data.length; i++) {
      const distance = Math.abs((actual.data[i] as number) - (expected.data[i] as number));
      if (distance > 0) this.different++;
      this.largest = Math.max(this.largest, distance);
    }
  }
}

/** Extents are even: some networks halve them. */
function picture(seed: number): Pixels {
  const random = new Random(seed + 1000);
  return randomPicture(random, 2 * random.integer(3, 16), 2 * random.integer(3, 16));
}

async function reference(network: QuantizedNetwork, image: Pixels): Promise<Pixels> {
  const { file, encoding } = network;
  const output = await runReference(file, toNetwork(image, encoding), { optimize: false });
  return fromNetwork(output, encoding);
}

describe('quantized networks against ONNX Runtime', () => {
  let core: CoreModule;
  before(async () => {
    core = await loadCore();
  });

  /** Runs a network on both sides and asserts that no byte is off by more than 1. */
  async function compare(network: QuantizedNetwork, seed: number): Promise<Differences> {
    const { file, description } = network;
    const image = picture(seed);
    const differences = new Differences();
    differences.add(runPicture(core, file, image), await reference(network, image), description);
    assert.ok(differences.largest <= 1, `a byte is ${differences.largest} off, ${description}`);
    return differences;
  }

  describe('every layer quantized: no byte is off by more than 1', () => {
    let bytes = 0;
    let different = 0;
    const parts = new Set<string>();

    for (const seed of seeds(INTEGER_NETWORKS)) {
      test(`network ${seed}`, async () => {
        const network = await quantizedNetwork(seed);
        assert.ok(network.integer, network.description);
        for (const part of network.parts) parts.add(part.replace(/\(.*/, ''));
        const differences = await compare(network, seed);
        bytes += differences.bytes;
        different += differences.different;
      });
    }

    test('99.9 % of the bytes are equal', (context) => {
      context.diagnostic(`${different} of ${bytes} bytes differ`);
      assert.ok(different <= 0.001 * bytes, `${different} of ${bytes} bytes differ`);
    });

    test('every kind of layer occurred', { skip: process.env.TESSERA_SEED !== undefined }, () => {
      const missing = KINDS.filter((kind) => !parts.has(kind));
      assert.deepEqual(missing, [], `there were ${[...parts].sort().join(' ')}`);
    });
  });

  describe('some layers floating: no byte is off by more than 1', () => {
    for (const seed of seeds(ISLAND_NETWORKS)) {
      test(`network ${seed}`, async () => {
        await compare(await quantizedNetwork(seed, { islands: true }), seed);
      });
    }
  });
});
