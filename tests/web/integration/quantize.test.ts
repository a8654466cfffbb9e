// The quantize command on a shipped model: what it writes is close to the float network, and other
// programs compute the same with it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { liftNetwork } from '../../../bench/web/networks/layers.ts';
import { readOnnx } from '../../../bench/web/networks/onnx-file.ts';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { type CoreModule, loadCore, loadModel, runNetwork } from '../support/core.ts';
import { runAsEngine } from '../support/engine-arithmetic.ts';
import { type FloatImage, runReference } from '../support/onnxruntime.ts';
import { distances, upscaledBytes } from '../support/result-bytes.ts';

const MAIN = join(DIST, 'cli', 'tessera.mjs');
const FLOAT = join(ROOT, 'models', 'float', 'photo-x2-small.onnx');
const SAMPLE = join(DIST, 'demo', 'sample.webp');
const SIZE = 96;

let folder: string;
let images: string;
let quantized: string;
let report: Record<string, unknown>;
let core: CoreModule;

function quantize(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, 'quantize', ...args], { encoding: 'utf8' });
}

/** Checks that it fails with one line that says why, and leaves no file. */
function fails(status: number, message: RegExp, ...args: string[]): void {
  const before = readdirSync(folder);
  const result = quantize(...args);
  assert.match(result.stderr, message);
  assert.deepEqual([result.status, result.stdout], [status, '']);
  assert.deepEqual(readdirSync(folder), before);
}

/** A square of the sample picture as the network's input. */
async function sampleSquare(left: number, top: number): Promise<FloatImage> {
  const pixels = SIZE * SIZE;
  const rgb = await sharp(SAMPLE)
    .removeAlpha()
    .extract({ left, top, width: SIZE, height: SIZE })
    .raw()
    .toBuffer();
  const data = Float32Array.from(
    { length: 3 * pixels },
    (_, i) => (rgb[3 * (i % pixels) + Math.floor(i / pixels)] as number) / 255,
  );
  return { shape: [3, SIZE, SIZE], data };
}

function psnr(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return 10 * Math.log10(a.length / sum);
}

describe('quantize', () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-quantize-'));
    images = join(folder, 'images');
    mkdirSync(images);
    copyFileSync(SAMPLE, join(images, 'sample.webp'));
    quantized = join(folder, 'int8.onnx');
    const args = [FLOAT, '--images', images, '--output', quantized, '--crops', '12'];
    const { status, stdout, stderr } = quantize(...args, '--crop-size', '64', '--json');
    assert.deepEqual([status, stderr], [0, '']);
    report = JSON.parse(stdout);
    core = await loadCore();
  });

  after(() => rmSync(folder, { recursive: true }));

  test('reports what it did', () => {
    const { images: used, held_out, convolutions, weight_bits, layers } = report;
    assert.deepEqual([used, held_out, convolutions, weight_bits], [9, 3, 7, 7]);
    const names = (layers as { node: string; sqnr: number }[]).map(({ node }) => node);
    assert.deepEqual(names, ['prelu0', 'prelu1', 'prelu2', 'prelu3', 'prelu4', 'prelu5']);
    assert.ok((layers as { sqnr: number }[]).every(({ sqnr }) => sqnr > 15));
    assert.ok((report.psnr as number) > 46, JSON.stringify(report));
  });

  test('writes a smaller file that says how it was made', () => {
    const file = readFileSync(quantized);
    assert.equal(file.length, report.bytes);
    assert.ok(file.length < readFileSync(FLOAT).length * 0.7);
    const model = loadModel(core, file);
    const ops = model.info().nodes.map(({ op }) => op);
    model.delete();
    assert.equal(ops.filter((op) => op === 'QuantizeLinear').length, 7, ops.join(' '));
    const text = file.toString('latin1');
    assert.match(text, /tessera\.quantization/);
    assert.match(text, /"weight_bits": 7/);
    assert.match(text, /Apache-2\.0/);
  });

  test('is close to the float network where it was not calibrated', async () => {
    const image = await sampleSquare(200, 150);
    const exact = runNetwork(core, readFileSync(FLOAT), image);
    const rounded = runNetwork(core, readFileSync(quantized), image);
    const decibels = psnr(exact.data, rounded.data);
    assert.ok(decibels > 44, `${decibels} dB`);
    assert.ok(decibels < 80, 'nothing was rounded');
  });

  test('ONNX Runtime computes the same with it', async () => {
    const image = await sampleSquare(64, 80);
    const file = readFileSync(quantized);
    const ours = runNetwork(core, file, image);
    const reference = await runReference(file, image);
    assert.deepEqual(ours.shape, reference.shape);
    // Where a sum lies next to a tie between two codes, ONNX Runtime's float32 may fall on its other side: rare, and
    // then some levels in a few pixels. That ours is the right side is the next test's.
    const levels = Array.from(
      ours.data,
      (x, i) => 255 * Math.abs(x - (reference.data[i] as number)),
    );
    const mean = levels.reduce((sum, level) => sum + level, 0) / levels.length;
    const flipped = levels.filter((level) => level > 0.5).length / levels.length;
    assert.ok(mean <= 0.02, `${mean} grey levels on average`);
    assert.ok(flipped <= 1 / 500, `${flipped} of all differ by more than half a level`);
    assert.ok(levels.every((level) => level <= 2));
  });

  test('each byte is what the documented arithmetic gives, each code next to exact', async () => {
    const region = { left: 64, top: 80, width: SIZE, height: SIZE };
    const data = await sharp(SAMPLE).ensureAlpha().extract(region).raw().toBuffer();
    const picture = { data, width: SIZE, height: SIZE };
    const file = readFileSync(quantized);
    const engine = runAsEngine(liftNetwork(readOnnx(file)), picture);
    const ours = await upscaledBytes(file, picture);
    assert.deepEqual(distances(ours, engine.bytes), [ours.length, 0]);
    assert.ok(engine.furthest <= 1, `a code is ${engine.furthest} from the exact one`);
  });

  test('the same images give the same file', () => {
    const files = ['a', 'b'].map((name) => {
      const path = join(folder, `${name}.onnx`);
      const args = [FLOAT, '--images', images, '--output', path, '--crops', '4'];
      assert.equal(quantize(...args, '--crop-size', '48', '--no-equalize').status, 0);
      const file = readFileSync(path);
      rmSync(path);
      return file;
    });
    assert.deepEqual(files[0], files[1]);
  });

  test('needs no images: pictures made by rule do nearly as well', async () => {
    const path = join(folder, 'data-free.onnx');
    const args = [FLOAT, '--data-free', '--output', path, '--crops', '12', '--crop-size', '64'];
    assert.equal(quantize(...args).status, 0);
    const image = await sampleSquare(200, 150);
    const exact = runNetwork(core, readFileSync(FLOAT), image);
    const [free, calibrated] = [path, quantized].map((model) =>
      psnr(exact.data, runNetwork(core, readFileSync(model), image).data),
    ) as [number, number];
    rmSync(path);
    assert.ok(free > 42, `${free} dB`);
    assert.ok(free > calibrated - 4, `${free} dB, with images ${calibrated} dB`);
  });

  test('refuses what cannot work, and says why', () => {
    const output = join(folder, 'out.onnx');
    const rest = ['--images', images, '-o', output];
    fails(2, /missing argument: MODEL/, ...rest);
    fails(2, /--images FOLDER/, FLOAT, '-o', output);
    fails(2, /one of two options/, FLOAT, ...rest, '--data-free');
    fails(2, /--output FILE/, FLOAT, '-i', images);
    fails(2, /--weight-bits must be one of 7, 8/, FLOAT, ...rest, '--weight-bits', '6');
    fails(2, /no folder/, FLOAT, '-i', images, '-o', join(folder, 'nowhere', 'out.onnx'));
    fails(2, /would overwrite/, quantized, '-i', images, '-o', quantized);
    fails(1, /cannot read the folder .*ERR_LOAD/, FLOAT, '-i', join(folder, 'no'), '-o', output);
    const empty = join(images, 'empty');
    mkdirSync(empty);
    fails(1, /no images in .*ERR_LOAD/, FLOAT, '-i', empty, '-o', output);
    fails(1, /as large as a crop of 4000x4000/, FLOAT, ...rest, '--crop-size', '4000');
    fails(1, /quantized already.*ERR_INVALID_ARGUMENT/, quantized, ...rest, '--crops', '1');
  });

  test('--help', () => {
    const { status, stdout } = quantize('--help');
    assert.equal(status, 0);
    assert.match(
      stdout,
      /^Usage: tessera quantize MODEL \(--images FOLDER \| --data-free\) --output/,
    );
  });
});
