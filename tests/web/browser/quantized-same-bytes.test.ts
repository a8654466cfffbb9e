// Quantized networks give the same bytes in Chromium, in every build that the page can run and with
// whatever instruction its dot products become, as in Node.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { before, test } from 'node:test';
import { VARIANTS } from '../../../web/src/variants.ts';
import { loadCore, runPicture } from '../support/core.ts';
import { describeOnPages, type TestPage } from '../support/pages.ts';
import { type Pixels, randomPicture } from '../support/pixels.ts';
import { type QuantizedNetwork, quantizedNetwork } from '../support/quantized-network.ts';
import { Random } from '../support/random.ts';
import { seeds } from '../support/seeds.ts';

const NETWORKS = 5;

// What V8 may compile the dot product of relaxed SIMD to. AVX-VNNI adds four products exactly, what
// came before adds two at a time in 16 bits that saturate. A processor without an instruction takes
// the way of those before it by itself. And V8 has two compilers, between which it changes while code
// runs: code of either must mean the same. It can also make one operation of 256 bits of two of 128, which is off as yet.
const ENGINES = {
  'all instructions': [],
  'no AVX-VNNI': ['--js-flags=--no-enable-avx-vnni --no-enable-avx-vnni-int8'],
  'no AVX': ['--js-flags=--no-enable-avx --no-enable-avx2'],
  '256-bit fusion': ['--js-flags=--wasm-revectorize --no-liftoff'],
  'baseline compiler only': ['--js-flags=--liftoff-only'],
  'optimising compiler only': ['--js-flags=--no-liftoff --no-wasm-lazy-compilation'],
};

interface Expected {
  network: QuantizedNetwork;
  picture: Pixels;
  hash: string;
}

const expectations: Expected[] = [];

async function expect(seed: number): Promise<Expected> {
  const network = await quantizedNetwork(seed);
  const picture = randomPicture(new Random(seed + 4000), 46, 38);
  const { data } = runPicture(await loadCore(), network.file, picture);
  return { network, picture, hash: createHash('sha256').update(data).digest('hex') };
}

before(async () => {
  for (const seed of seeds(NETWORKS)) expectations.push(await expect(seed));
});

/** Upscales on the page in the smallest tiles, with two workers; the result's hash. */
function hashOnPage(
  { page }: TestPage,
  variant: (typeof VARIANTS)[number],
  { network, picture }: Expected,
): Promise<string> {
  const { width, height, data } = picture;
  const request = {
    variant,
    model: Buffer.from(network.file).toString('base64'),
    picture: { width, height, data: Buffer.from(data).toString('base64') },
  };
  return page.evaluate(async ({ variant, model, picture: { width, height, data } }) => {
    const decode = (text: string) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const upscaler = await window.tessera.Upscaler.create({
      model: decode(model),
      variant,
      workers: 2,
    });
    const { overlap, sizeMultiple } = upscaler.model;
    const image = await upscaler.upscale(
      { width, height, data: decode(data) },
      { output: 'raw', tileSize: 2 * overlap + sizeMultiple + 9 },
    );
    await upscaler.dispose();
    const digest = await crypto.subtle.digest('SHA-256', image.data);
    const hex = (byte: number) => byte.toString(16).padStart(2, '0');
    return Array.from(new Uint8Array(digest), hex).join('');
  }, request);
}

for (const [engine, args] of Object.entries(ENGINES)) {
  describeOnPages(
    `quantized networks, ${engine}`,
    (opened, isolated) => {
      for (const variant of VARIANTS.filter((name) => isolated || !name.endsWith('-mt'))) {
        test(`${variant} makes Node's bytes`, async () => {
          for (const expected of expectations) {
            const actual = await hashOnPage(opened(), variant, expected);
            assert.equal(actual, expected.hash, expected.network.description);
          }
        });
      }
    },
    { args },
  );
}
