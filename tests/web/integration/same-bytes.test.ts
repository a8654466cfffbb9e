// One network and one picture give the same bytes in every build, with every number of workers, in
// tiles of any size and untiled, and natively: integer sums have no order that could matter, and
// each rounding is a single operation that all machines define alike.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import type { Variant } from '../../../web/src/variants.ts';
import {
  type CoreModelInfo,
  type CoreModule,
  type KernelName,
  loadCore,
  loadModel,
  runPicture,
} from '../support/core.ts';
import { hasNativeCore, runNatively } from '../support/native-core.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import { NODE_VARIANTS } from '../support/node-variants.ts';
import {
  addTransparency,
  extended,
  hasTransparency,
  type Pixels,
  randomPicture,
  trimmed,
} from '../support/pixels.ts';
import { quantizedNetwork } from '../support/quantized-network.ts';
import { Random } from '../support/random.ts';
import { seeds } from '../support/seeds.ts';

const NETWORKS = 16;

/** A network, and what it runs on. */
interface Subject {
  file: Uint8Array;
  /** Pixels by which the picture is extended. */
  border: number;
  scale: number;
  picture: Pixels;
}

function hash(data: Uint8Array | Uint8ClampedArray): string {
  return createHash('sha256').update(data).digest('hex');
}

/** The builds without threads, which this process itself can run, and their kernels. */
const LOCAL_KERNELS: readonly (readonly [Variant, KernelName])[] = [
  ...(['', 'scalar', 'simd'] as const).map((name) => ['simd', name] as const),
  ...(['', 'scalar', 'simd', 'relaxed-saturating'] as const).map(
    (name) => ['relaxed', name] as const,
  ),
];

describe('same bytes', () => {
  const cores = new Map<Variant, CoreModule>();
  const schedules = { rows: 0, tiles: 0 };
  before(async () => {
    for (const variant of ['simd', 'relaxed'] as const) {
      cores.set(variant, await loadCore(variant));
    }
  });

  /** The hash of one build's untiled result. */
  function wholeHash(
    variant: Variant,
    { file, picture, border, scale }: Subject,
    kernels: KernelName = '',
  ): string {
    const core = cores.get(variant) as CoreModule;
    const result = runPicture(core, file, extended(picture, border), kernels);
    return hash(trimmed(result, border * scale).data);
  }

  /** The hash of the untiled result, once every build and kernel here has made the same. */
  function agreedHash(subject: Subject, what: string): string {
    const expected = wholeHash('simd', subject);
    for (const [variant, kernels] of LOCAL_KERNELS) {
      const other = wholeHash(variant, subject, kernels);
      assert.equal(other, expected, `${variant} differs with kernels '${kernels}', ${what}`);
    }
    return expected;
  }

  function describeModel(file: Uint8Array): CoreModelInfo {
    const model = loadModel(cores.get('simd') as CoreModule, file);
    try {
      return model.info();
    } finally {
      model.delete();
    }
  }

  /** A random network's border; larger ones than the receptive field change nothing. */
  function borderFor(file: Uint8Array, random: Random): number {
    const { sizeMultiple, overlap } = describeModel(file);
    return random.pick([0, sizeMultiple, Math.min(overlap, 3 * sizeMultiple)]);
  }

  /** With a picture that the smallest tiles cut into a few dozen. */
  function subjectFor(file: Uint8Array, border: number, random: Random): Subject {
    const { overlap, overlapWithAlpha, scale } = describeModel(file);
    const transparent = random.next() < 0.3;
    const reach = transparent ? overlapWithAlpha : overlap;
    const extent = () => 2 * (reach + random.integer(2, 6));
    const opaque = randomPicture(random, extent(), extent());
    const picture = transparent ? addTransparency(random, opaque) : opaque;
    return { file, border, scale, picture };
  }

  /** Upscales in tiles through the library, and compares. */
  async function assertTiled(
    { file, picture, border }: Subject,
    expected: string,
    { variant, random, what }: { variant: Variant; random: Random; what: string },
  ): Promise<void> {
    const workers = random.integer(1, 4);
    const upscaler = await openUpscaler({ model: file, variant, workers, border });
    try {
      const { overlap, overlapWithAlpha, sizeMultiple } = upscaler.model;
      const smallest = sizeMultiple + 2 * (hasTransparency(picture) ? overlapWithAlpha : overlap);
      for (const tileSize of [smallest, smallest + random.integer(1, 24)]) {
        const result = await upscaler.upscale(picture, { output: 'raw', tileSize });
        const how = `${variant}, ${workers} workers, tiles of ${tileSize}`;
        assert.equal(hash(result.data), expected, `${how}: ${what}`);
      }
    } finally {
      await upscaler.dispose();
    }
  }

  /** Upscales in rows through the library, and compares; rows.test.ts has bands of several workers. */
  async function assertInRows(
    { file, border }: Subject,
    random: Random,
    variant: Variant,
    what: string,
  ): Promise<void> {
    const picture = randomPicture(random, random.integer(1, 40), random.integer(100, 400));
    // Several may choose tiles for so small a picture; threads of one worker do not.
    const workers = variant.endsWith('-mt') ? random.integer(1, 4) : 1;
    const upscaler = await openUpscaler({ model: file, variant, workers, border });
    try {
      const whole = await upscaler.upscalePatch(picture);
      const result = await upscaler.upscale(picture, { output: 'raw' });
      const { schedule } = upscaler.info;
      const how = `${variant}, ${workers} workers, ${schedule}, ${picture.width}x${picture.height}`;
      assert.equal(hash(result.data), hash(whole.data), `${how}: ${what}`);
      schedules[schedule]++;
    } finally {
      await upscaler.dispose();
    }
  }

  after(() => assert.ok(schedules.rows > schedules.tiles, JSON.stringify(schedules)));

  test('every build that ships is among those compared', () => {
    assert.deepEqual([...NODE_VARIANTS], ['simd', 'relaxed', 'simd-mt', 'relaxed-mt']);
  });

  describe('random quantized networks', () => {
    for (const seed of seeds(NETWORKS)) {
      test(`network ${seed}`, async () => {
        const { file, description: what } = await quantizedNetwork(seed);
        const random = new Random(seed + 2000);
        const subject = subjectFor(file, borderFor(file, random), random);
        const expected = agreedHash(subject, what);
        // Each network meets one build in tiles, and every build many networks.
        const variant = NODE_VARIANTS[seed % NODE_VARIANTS.length] as Variant;
        await assertTiled(subject, expected, { variant, random, what });
        await assertInRows(subject, random, variant, what);
      });

      test(`network ${seed}, natively`, { skip: !hasNativeCore }, async () => {
        const { file, description: what } = await quantizedNetwork(seed);
        const subject = subjectFor(file, 0, new Random(seed + 3000));
        const native = hash(await runNatively(file, subject.picture));
        assert.equal(native, agreedHash(subject, what), `native differs, ${what}`);
      });
    }
  });

  describe('shipped models', () => {
    const folder = join(DIST, 'models');
    const { aliases: _, ...models }: Record<string, { file: string }> = JSON.parse(
      readFileSync(join(ROOT, 'models', 'manifest.json'), 'utf8'),
    );
    for (const [name, entry] of Object.entries(models)) {
      test(name, async () => {
        const file = new Uint8Array(readFileSync(join(folder, entry.file)));
        const random = new Random(name.length);
        const subject = subjectFor(file, describeModel(file).border, random);
        const what = `model ${name}`;
        const quantized = describeModel(file).nodes.some(({ op }) => op === 'QuantizeLinear');
        for (const variant of NODE_VARIANTS) {
          // Relaxed SIMD makes other floating-point sums, so only quantized networks agree.
          const expected = quantized
            ? agreedHash(subject, what)
            : wholeHash(variant.replace('-mt', '') as Variant, subject);
          await assertTiled(subject, expected, { variant, random, what });
          await assertInRows(subject, random, variant, what);
        }
      });
    }
  });
});
