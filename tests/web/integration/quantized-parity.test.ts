// Random quantized networks against ONNX Runtime, byte by byte, from pixels to pixels.
//
// The reference computes the file as it is written: floating-point operators on dequantized values,
// and one rounding at each QuantizeLinear. ONNX Runtime's graph optimisations are off, since they
// change results: they quantize a floating bias to 32 bits, which is one rounding more than the file
// asks for, and move bytes by up to 2. What remains between the two sides is the order of
// floating-point sums: a value that falls within a rounding error of the middle between two codes
// may go to either, and its neighbour code then spreads over the rest of the network.
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

  get equal(): number {
    return 1 - this.different / this.bytes;
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

  describe('every layer quantized', () => {
    const corpus = new Differences();
    for (const seed of seeds(INTEGER_NETWORKS)) {
      test(`network ${seed}: no byte is off by more than 1`, async () => {
        const network = await quantizedNetwork(seed);
        assert.ok(network.integer, network.description);
        const image = picture(seed);
        const own = new Differences();
        const [actual, expected] = [
          runPicture(core, network.file, image),
          await reference(network, image),
        ];
        own.add(actual, expected, network.description);
        corpus.add(actual, expected, network.description);
        assert.ok(own.largest <= 1, `a byte is ${own.largest} off, ${network.description}`);
      });
    }

    test('99.9 % of the bytes are equal', (context) => {
      context.diagnostic(`${corpus.different} of ${corpus.bytes} bytes differ`);
      assert.ok(corpus.equal >= 0.999, `${100 * corpus.equal} % are equal`);
    });
  });

  describe('some layers floating', () => {
    for (const seed of seeds(ISLAND_NETWORKS)) {
      test(`network ${seed}: no byte is off by more than 1`, async () => {
        const network = await quantizedNetwork(seed, { islands: true });
        const image = picture(seed);
        const own = new Differences();
        own.add(
          runPicture(core, network.file, image),
          await reference(network, image),
          network.description,
        );
        assert.ok(own.largest <= 1, `a byte is ${own.largest} off, ${network.description}`);
      });
    }
  });
});
