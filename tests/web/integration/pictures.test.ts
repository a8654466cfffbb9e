// Networks whose pictures are not RGB in 0..1: luma, grey, RGBA, other ranges, scale 1. Whole runs
// through workers, beside ONNX Runtime and this repository's own colour arithmetic in doubles.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CreateOptions } from '../../../web/src/index.ts';
import { type KernelName, loadCore, runPicture } from '../support/core.ts';
import { conv, quantizedConv } from '../support/layers.ts';
import { toLuma, withLuma } from '../support/luma.ts';
import { openUpscaler } from '../support/node-upscaler.ts';
import '../support/node-variants.ts';
import { OnnxBuilder, tensor } from '../support/onnx-builder.ts';
import { runReference } from '../support/onnxruntime.ts';
import { addTransparency, type Pixels, randomPicture } from '../support/pixels.ts';
import { Random } from '../support/random.ts';

/** Colours of every kind, so that Cb and Cr matter. */
function colourful(random: Random, width: number, height: number): Pixels {
  const picture = randomPicture(random, width, height);
  for (let i = 0; i < picture.data.length; i += 4) {
    picture.data[i] = ((picture.data[i] as number) * (1 + (i % 7))) / 4;
  }
  return picture;
}

/** Shuffles, and adds nothing: the scale is 2. */
function floatLuma(random: Random): Uint8Array<ArrayBuffer> {
  const b = new OnnxBuilder({ channels: 1 });
  const hidden = b.node('Relu', [conv(b, random, b.input, 1, 8, { kernel: 5 })]);
  return b.build(
    b.node('DepthToSpace', [conv(b, random, hidden, 8, 4)], { blocksize: 2, mode: 'CRD' }),
  );
}

/** Of the builds that this process itself can run. */
const KERNELS: Readonly<Record<string, readonly KernelName[]>> = {
  simd: ['', 'scalar'],
  relaxed: ['', 'scalar', 'relaxed-saturating'],
};

const CODES = { scale: 1 / 255, zeroPoint: 0 };

function quantizedLuma(random: Random): Uint8Array<ArrayBuffer> {
  const b = new OnnxBuilder({ channels: 1 });
  const image = b.quantizeDequantize(b.input, CODES);
  const first = quantizedConv(b, random, image, 1, 12, { kernel: 5, inputScale: CODES.scale });
  const hidden = b.quantizeDequantize(b.node('Relu', [first]), { scale: 1 / 90 });
  const last = quantizedConv(b, random, hidden, 12, 4, { inputScale: 1 / 90 });
  return b.build(b.node('DepthToSpace', [last], { blocksize: 2, mode: 'CRD' }));
}

function greatest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++)
    most = Math.max(most, Math.abs((a[i] as number) - (b[i] as number)));
  return most;
}

/** Runs a picture whole and in tiles; both must be the same. */
async function run(options: CreateOptions, picture: Pixels): Promise<Pixels> {
  const upscaler = await openUpscaler(options);
  try {
    const { overlapWithAlpha, sizeMultiple } = upscaler.model;
    const tileSize = 2 * overlapWithAlpha + sizeMultiple + 5;
    const whole = await upscaler.upscalePatch(picture);
    const tiled = await upscaler.upscale(picture, { output: 'raw', tileSize });
    assert.deepEqual([tiled.width, tiled.height], [whole.width, whole.height]);
    assert.equal(greatest(tiled.data, whole.data), 0, 'tiles differ from the whole');
    return whole;
  } finally {
    await upscaler.dispose();
  }
}

describe('luma networks', () => {
  for (const [kind, build] of Object.entries({ float: floatLuma, int8: quantizedLuma })) {
    test(`${kind}: Y by the network, Cb and Cr by bicubic, rounded once`, async () => {
      const random = new Random(31);
      const model = build(random);
      const picture = colourful(random, 37, 29);
      const reference = await runReference(model, toLuma(picture), { optimize: false });
      const expected = withLuma(picture, reference);
      const found = await run({ model }, picture);
      // Half a level is the rounding; a code that lies at a tie moves an int8 network by one more.
      assert.ok(greatest(found.data, expected) <= (kind === 'float' ? 0.51 : 1.5));
      const off = expected.filter((value, i) => Math.abs(value - (found.data[i] as number)) > 0.51);
      assert.ok(off.length <= expected.length / 200, `${off.length} bytes are rounded otherwise`);
    });

    test(`${kind}: with transparency`, async () => {
      const random = new Random(32);
      const model = build(random);
      const picture = addTransparency(random, colourful(random, 33, 30));
      await run({ model }, picture);
    });
  }

  test('int8 is the same in every build and kind of kernel', async () => {
    const random = new Random(33);
    const model = quantizedLuma(random);
    const picture = colourful(random, 24, 20);
    const results: Uint8ClampedArray[] = [];
    for (const [build, names] of Object.entries(KERNELS)) {
      const core = await loadCore(build);
      for (const name of names) results.push(runPicture(core, model, picture, name).data);
    }
    const [first, ...rest] = results;
    for (const other of rest) assert.deepEqual(other, first);
  });

  test('a network of full range that changes nothing gives the picture back', async () => {
    const b = new OnnxBuilder({ channels: 1 });
    const model = b.build(b.node('Clip', [b.input, tensor([], [0]), tensor([], [1])]));
    const picture = colourful(new Random(34), 21, 17);
    for (const color of ['y', 'y-full'] as const) {
      assert.deepEqual((await run({ model, color }, picture)).data, picture.data);
    }
    const gray = await run({ model, color: 'gray' }, picture);
    for (let i = 0; i < gray.data.length; i += 4) {
      const [r, g, bl] = gray.data.subarray(i, i + 3);
      assert.deepEqual([g, bl], [r, r]);
    }
  });
});

describe('other pictures', () => {
  test('a network of four channels makes alpha itself', async () => {
    const b = new OnnxBuilder({ channels: 4 });
    const half = b.node('Mul', [b.input, tensor([1, 4, 1, 1], [1, 1, 1, 0.5])]);
    const model = b.build(half);
    const picture = addTransparency(new Random(35), colourful(new Random(35), 30, 20));
    const { data } = await run({ model }, picture);
    const expected = picture.data.map((byte, i) => (i % 4 === 3 ? byte / 2 : byte));
    assert.equal(greatest(data, expected), 0);
  });

  test('ranges, means and order: what is said is what a file that says it does', async () => {
    const random = new Random(36);
    const make = (entries: Record<string, string>) => {
      const b = new OnnxBuilder();
      const own = new Random(7);
      for (const [key, value] of Object.entries(entries)) b.metadata(key, value);
      return b.build(conv(b, own, b.input, 3, 3));
    };
    const said = make({
      'tessera.color': 'bgr',
      'tessera.input_range': '0,255',
      'tessera.output_range': '-90,110',
      'tessera.mean': '104,117,124',
      'tessera.std': '1.5',
    });
    const picture = colourful(random, 25, 22);
    const expected = await run({ model: said }, picture);
    const options = {
      color: 'bgr',
      inputRange: [0, 255],
      outputRange: [-90, 110],
      mean: [104, 117, 124],
      std: 1.5,
    } as const;
    assert.deepEqual((await run({ model: make({}), ...options }, picture)).data, expected.data);
    const other = make({ 'tessera.color': 'rgb', 'tessera.mean': '9,9,9' });
    assert.deepEqual((await run({ model: other, ...options }, picture)).data, expected.data);
    assert.notDeepEqual((await run({ model: make({}) }, picture)).data, expected.data);
  });

  test('scale 1: alpha is as it was, byte for byte', async () => {
    const random = new Random(37);
    const b = new OnnxBuilder();
    const hidden = b.node('Relu', [conv(b, random, b.input, 3, 8)]);
    const model = b.build(b.node('Add', [b.input, conv(b, random, hidden, 8, 3)]));
    const picture = addTransparency(random, colourful(random, 41, 35));
    const upscaler = await openUpscaler({ model });
    try {
      const need = await upscaler.estimate({ width: 41, height: 35 });
      assert.deepEqual([need.outputWidth, need.outputHeight, need.output], [41, 35, 41 * 35 * 4]);
    } finally {
      await upscaler.dispose();
    }
    const { data } = await run({ model }, picture);
    const alpha = (bytes: Uint8ClampedArray) => bytes.filter((_, i) => i % 4 === 3);
    assert.deepEqual(alpha(data), alpha(picture.data));
  });

  test('what cannot be a picture is refused with the reason', async () => {
    const refused = async (
      inputs: number,
      outputs: number,
      options: CreateOptions,
      message: RegExp,
    ) => {
      const random = new Random(38);
      const b = new OnnxBuilder({ channels: inputs });
      const model = b.build(conv(b, random, b.input, inputs, outputs));
      await assert.rejects(openUpscaler({ model, ...options }), {
        code: 'ERR_UNSUPPORTED',
        message,
      });
    };
    await refused(3, 1, {}, /maps 3 channels to 1;/);
    await refused(1, 3, {}, /maps 1 channel to 3;/);
    await refused(2, 2, {}, /maps 2 channels to 2;/);
    await refused(
      3,
      3,
      { color: 'y' },
      /said to be 'y'; for three or four channels it is rgb or bgr/,
    );
  });

  test('info warns of a network for bytes', async () => {
    const b = new OnnxBuilder();
    const lighter = b.node('Add', [b.input, tensor([], [1])]);
    const model = b.build(b.node('Clip', [lighter, tensor([], [0]), tensor([], [255])]));
    const warned = await openUpscaler({ model });
    assert.match(warned.info.warnings.join(), /set inputRange and outputRange/);
    await warned.dispose();
    const told = await openUpscaler({ model, inputRange: [0, 255], outputRange: [0, 255] });
    assert.deepEqual(told.info.warnings, []);
    await told.dispose();
  });
});
