// The command line as it is installed, in a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { attr, GraphBuilder } from '../support/graph-json.ts';
import { decodeOnnx, OnnxBuilder, tensor } from '../support/onnx-builder.ts';

const DIST = new URL('../../../dist/', import.meta.url);
const MAIN = fileURLToPath(new URL('cli/tessera.mjs', DIST));
const MODEL = fileURLToPath(new URL('models/photo-x2-small.onnx', DIST));
const FLOAT_MODEL = fileURLToPath(new URL('../models/float/photo-x2-small.onnx', DIST));

let folder: string;
const inFolder = (name: string) => join(folder, name);

function tessera(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** Runs it, and checks that it failed with one line that says why. */
function fails(status: number, message: RegExp, ...args: string[]): void {
  const result = tessera(...args);
  assert.match(result.stderr, message);
  assert.equal(result.stderr.trim().split('\n').length, 1, result.stderr);
  assert.deepEqual([result.status, result.stdout], [status, '']);
}

/** A picture with smooth and sharp parts. */
function pixels(width: number, height: number, channels: 1 | 3 | 4): Buffer {
  return Buffer.from(
    Uint8Array.from({ length: width * height * channels }, (_, i) => {
      const pixel = Math.floor(i / channels);
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      if (channels === 4 && i % 4 === 3) return x < width / 2 ? 255 : 128;
      return 128 + 80 * Math.sin(x / 5) * Math.cos(y / 7) + (x % 16 < 2 ? 40 : 0);
    }),
  );
}

async function writePicture(name: string, channels: 1 | 3 | 4 = 3, width = 64, height = 48) {
  const raw = { width, height, channels };
  await sharp(pixels(width, height, channels), { raw }).toFile(inFolder(name));
  return inFolder(name);
}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tessera-cli-'));
});

after(() => rm(folder, { recursive: true }));

test('--help and --version', () => {
  assert.match(tessera('--help').stdout, /upscale .*inspect .*eval /s);
  assert.match(tessera('--version').stdout, /^\d+\.\d+\.\d+\n$/);
  for (const command of ['upscale', 'inspect', 'eval', 'convert']) {
    const { status, stdout } = tessera(command, '--help');
    assert.equal(status, 0);
    assert.ok(stdout.startsWith(`Usage: tessera ${command} `));
  }
});

test('wrong use is exit code 2', async () => {
  const input = await writePicture('usage.png');
  fails(2, /no command/);
  fails(2, /no command 'enlarge'/, 'enlarge');
  fails(2, /missing argument: OUTPUT/, 'upscale', input);
  fails(2, /unexpected argument: c/, 'upscale', input, 'b.png', 'c');
  fails(2, /--frob/, 'upscale', input, inFolder('out.png'), '--frob');
  fails(2, /--workers must be a whole number/, 'upscale', input, inFolder('o.png'), '-w', '0');
  fails(2, /--variant must be one of/, 'upscale', input, inFolder('o.png'), '--variant', 'x');
  fails(2, /cannot tell a format/, 'upscale', input, inFolder('o.xyz'));
  fails(2, /no folder/, 'upscale', input, inFolder('nowhere/o.png'));
  fails(1, /more than 16 times as long/, 'upscale', input, inFolder('o.png'), '-s', '17');
  fails(2, /--scale must be a number above 0/, 'upscale', input, inFolder('o.png'), '-s', 'x');
  fails(2, /name one size/, 'upscale', input, inFolder('o.png'), '-s', '2', '--width', '200');
  fails(2, /--fit must be one of/, 'upscale', input, inFolder('o.png'), '--fit', 'x');
  fails(2, /--data FOLDER/, 'eval');
});

test('the input is not overwritten', async () => {
  const input = await writePicture('same.png');
  const bytes = await readFile(input);
  fails(2, /would overwrite the input/, 'upscale', input, join(folder, '.', 'same.png'));
  assert.deepEqual(await readFile(input), bytes);
});

test('a failure leaves nothing behind', async () => {
  const input = await writePicture('failing.png');
  const text = inFolder('text.png');
  await writeFile(text, 'not an image');
  const before = await readdir(folder);
  fails(1, /cannot decode .*ERR_IMAGE_DECODE/, 'upscale', text, inFolder('o.png'));
  fails(1, /no file .*ERR_LOAD/, 'upscale', inFolder('missing.png'), inFolder('o.png'));
  fails(1, /ERR_MODEL_FORMAT/, 'upscale', input, inFolder('o.png'), '-m', text);
  fails(1, /no model 'nothing'/, 'upscale', input, inFolder('o.png'), '-m', 'nothing');
  assert.deepEqual(await readdir(folder), before);
});

test('upscale makes any size with the photo model next above', async () => {
  const input = await writePicture('sizes.png');
  for (const [options, size, scale] of [
    [['-s', '1.5'], [96, 72], 2],
    [['--width', '160'], [160, 120], 3],
    [['--width', '100', '--height', '100'], [100, 75], 2],
    [['--width', '100', '--height', '100', '--fit', 'cover'], [100, 100], 3],
    [['--max-pixels', '20000'], [163, 122], 3],
    [['-s', '4', '-m', 'photo-tiny'], [256, 192], 4],
    [['-s', '4', '-m', 'text'], [256, 192], 2],
  ] as const) {
    const output = inFolder('sized.png');
    const { status, stdout, stderr } = tessera('upscale', input, output, '--json', ...options);
    assert.equal(status, 0, stderr);
    const report = JSON.parse(stdout);
    assert.deepEqual([report.width, report.height, report.scale], [...size, scale]);
    const { width, height } = await sharp(output).metadata();
    assert.deepEqual([width, height], size);
  }
});

test('upscale writes a larger image, and reports it as JSON', async () => {
  const input = await writePicture('in.png');
  const output = inFolder('out.png');
  const { status, stdout, stderr } = tessera('upscale', input, output, '--json', '-w', '2');
  assert.deepEqual([status, stderr], [0, '']);
  const report = JSON.parse(stdout);
  assert.deepEqual([report.width, report.height, report.scale], [128, 96, 2]);
  const { width, height, channels } = await sharp(output).metadata();
  assert.deepEqual([width, height, channels], [128, 96, 3]);
});

test('upscale does many images: one failure does not end it, and it goes on where it was', async () => {
  const photos = inFolder('photos');
  await mkdir(join(photos, 'deep'), { recursive: true });
  for (const name of ['photos/a.png', 'photos/deep/b.png', 'photos/deep/c.png']) {
    await writePicture(name);
  }
  await writeFile(join(photos, 'broken.jpg'), 'not an image');
  const out = join(photos, 'large');
  const run = (...more: string[]) => {
    const { status, stdout, stderr } = tessera('upscale', photos, '--out', out, '--json', ...more);
    return { status, stderr, last: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') };
  };
  const first = run();
  assert.equal(first.status, 1);
  assert.match(first.stderr, /broken\.jpg: cannot decode/);
  assert.deepEqual(first.last, { images: 4, upscaled: 3, skipped: 0, failed: 1 });
  assert.equal((await sharp(join(out, 'deep', 'c.png')).metadata()).width, 128);

  await rm(join(photos, 'broken.jpg'));
  await rm(join(out, 'a.png'));
  const second = run();
  assert.equal(second.status, 0, second.stderr);
  assert.deepEqual(second.last, { images: 3, upscaled: 1, skipped: 2, failed: 0 });
  assert.match(second.stderr, /3 images: 1 upscaled, 2 there already, 0 failed/);

  fails(2, /must be I\/N/, 'upscale', photos, '--out', out, '--shard', '9/8');
  fails(2, /with --out/, 'upscale', photos, 'o.png', '--shard', '1/8');
  fails(2, /name another folder/, 'upscale', photos, '--out', photos);
});

test('standard input is an image too', async () => {
  const input = await writePicture('piped.png');
  const output = inFolder('from-pipe.png');
  const { status, stderr } = spawnSync(process.execPath, [MAIN, 'upscale', '-', output], {
    input: await readFile(input),
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  assert.equal((await sharp(output).metadata()).width, 128);
});

test('a model file and its shipped name give the same bytes, with any tiles', async () => {
  const input = await writePicture('bytes.png');
  const [first, second] = [inFolder('first.png'), inFolder('second.png')];
  assert.equal(tessera('upscale', input, first).status, 0);
  assert.equal(tessera('upscale', input, second, '-m', MODEL, '--tile', '40', '-w', '1').status, 0);
  const decode = (path: string) => sharp(path).raw().toBuffer();
  assert.deepEqual(await decode(first), await decode(second));
});

test('transparency is kept, or ignored', async () => {
  const input = await writePicture('alpha.png', 4);
  const kept = inFolder('kept.webp');
  const ignored = inFolder('ignored.png');
  assert.equal(tessera('upscale', input, kept).status, 0);
  assert.equal((await sharp(kept).metadata()).hasAlpha, true);
  assert.equal(tessera('upscale', input, ignored, '--alpha', 'ignore').status, 0);
  assert.equal((await sharp(ignored).metadata()).hasAlpha, false);
});

test('grey images and camera orientation are understood', async () => {
  const grey = await writePicture('grey.png', 1);
  assert.equal(tessera('upscale', grey, inFolder('grey2.png')).status, 0);
  const turned = inFolder('turned.jpg');
  const raw = { width: 64, height: 48, channels: 3 } as const;
  await sharp(pixels(64, 48, 3), { raw })
    .withMetadata({ orientation: 6 })
    .toFile(turned);
  const output = inFolder('upright.png');
  assert.equal(tessera('upscale', turned, output).status, 0);
  const { width, height } = await sharp(output).metadata();
  assert.deepEqual([width, height], [96, 128]);
});

test('EXIF, colour profile and density go along, upright, or are dropped', async () => {
  const input = inFolder('noted.jpg');
  const background = { r: 200, g: 60, b: 40 };
  await sharp({ create: { width: 64, height: 48, channels: 3, background } })
    .withMetadata({ orientation: 6, density: 300 })
    .withIccProfile('p3')
    .withExifMerge({ IFD0: { Copyright: 'Me' } })
    .toFile(input);
  const { icc } = await sharp(input).metadata();
  const numbers = { data: new Uint8Array(), wide: new Uint8Array() };
  for (const format of ['png', 'jpg', 'webp']) {
    const output = inFolder(`noted2.${format}`);
    assert.equal(tessera('upscale', input, output).stderr, '');
    const found = await sharp(output).metadata();
    assert.deepEqual([found.width, found.height, found.orientation ?? 1], [96, 128, 1], format);
    assert.ok(found.icc?.equals(icc as Buffer), format);
    assert.ok(found.exif?.includes('Me'), format);
    if (format === 'png' || format === 'jpg') assert.equal(found.density, 300, format);
    if (format === 'png') numbers.wide = await sharp(output, { ignoreIcc: true }).raw().toBuffer();
  }
  const plain = inFolder('plain2.png');
  assert.equal(tessera('upscale', input, plain, '--metadata', 'drop').status, 0);
  const { icc: noProfile, exif, density } = await sharp(plain).metadata();
  assert.deepEqual([noProfile, exif, density], [undefined, undefined, undefined]);
  numbers.data = await sharp(plain).raw().toBuffer();
  // The picture is the same, in numbers of sRGB instead of those of the profile.
  const shown = await sharp(inFolder('noted2.png')).raw().toBuffer();
  const apart = (a: Uint8Array, b: Uint8Array) =>
    a.reduce((sum, byte, i) => sum + Math.abs(byte - (b[i] as number)), 0) / a.length;
  const distances = [apart(shown, numbers.data), apart(numbers.wide, numbers.data)];
  assert.ok((distances[0] as number) < 2 && (distances[1] as number) > 5, `${distances}`);
});

test('inspect describes a model', () => {
  const { stdout, stderr } = tessera('inspect', 'photo-x2');
  assert.equal(stderr, '');
  assert.match(stdout, /scale +2\n/);
  assert.match(stdout, /receptive field +\d+x\d+ pixels/);
  assert.match(stdout, /multiplications +[\d,]+ per input pixel/);
  const info = JSON.parse(tessera('inspect', MODEL, '--json').stdout);
  assert.equal(info.scale, 2);
  assert.ok(info.nodes.length > 0 && info.parameters > 1000);
});

test('eval measures the network beside bicubic', async () => {
  const data = await mkdtemp(join(folder, 'data-'));
  for (const name of ['a.png', 'b.png']) {
    await copyFile(await writePicture(name, 3, 97, 64), join(data, name));
  }
  await writeFile(join(data, 'notes.txt'), 'not an image');
  const { status, stdout, stderr } = tessera('eval', '--data', data, '--scale', '2', '--json');
  assert.deepEqual([status, stderr], [0, '']);
  const report = JSON.parse(stdout);
  assert.deepEqual([report.model, report.scale, report.images], ['photo-x2-small', 2, 2]);
  assert.deepEqual(
    report.per_image.map(({ image }: { image: string }) => image),
    ['a.png', 'b.png'],
  );
  assert.ok(report.psnr_y > report.bicubic.psnr_y, stdout);
  assert.ok(report.ssim_y > 0.5 && report.ssim_y <= 1);
  assert.ok(report.gmsd > 0 && report.gmsd < report.bicubic.gmsd, stdout);
  assert.ok(report.lr_psnr > report.bicubic.lr_psnr, stdout);
  for (const error of report.channel_error) assert.ok(Math.abs(error) < 1, stdout);
  for (const key of ['seams', 'reference', 'degrade']) assert.ok(!(key in report), key);
  const { stdout: table } = tessera('eval', '--data', data, '--limit', '1');
  assert.match(table, /^a\.png .*\naverage .*\nGMSD .*\nreduced again .*\nerror of .*\n$/);
  fails(1, /no images .*ERR_LOAD/, 'eval', '--data', await mkdtemp(join(folder, 'empty-')));
});

test('eval looks for seams, compares with a parent, and damages small images', async () => {
  const data = await mkdtemp(join(folder, 'data-'));
  await copyFile(await writePicture('c.png', 3, 260, 220), join(data, 'c.png'));
  const measure = (...args: string[]) => {
    const { status, stdout, stderr } = tessera('eval', '--data', data, '--json', ...args);
    assert.deepEqual([status, stderr], [0, '']);
    return JSON.parse(stdout);
  };
  const plain = measure('--seams', '--reference', FLOAT_MODEL);
  assert.deepEqual(plain.seams, { max: 0, mean: 0 });
  const { reference } = plain;
  assert.equal(reference.model, 'photo-x2-small');
  assert.ok(
    reference.psnr_between > 44 && reference.psnr_between < 80,
    `${reference.psnr_between}`,
  );
  assert.ok(Math.abs(reference.psnr_y - plain.psnr_y) < 1);
  // A model does not differ from itself: infinitely many decibels, which JSON cannot say.
  assert.equal(measure('--reference', MODEL).reference.psnr_between, null);

  const damaged = measure('--degrade', 'web', '--seed', '7');
  assert.deepEqual(damaged.degrade, { kind: 'web', seed: 7 });
  assert.ok(damaged.bicubic.psnr_y < plain.bicubic.psnr_y - 1);
  assert.deepEqual(measure('--degrade', 'web', '--seed', '7'), damaged);
  assert.notEqual(measure('--degrade', 'web').psnr_y, damaged.psnr_y);
  fails(2, /--degrade must be one of web/, 'eval', '--data', data, '--degrade', 'rain');
  fails(2, /--seed is for --degrade web/, 'eval', '--data', data, '--seed', '7');
});

/** A network for bytes that adds one level: far too light when it gets numbers up to 1. */
async function writeBytesNetwork(name: string): Promise<string> {
  const b = new OnnxBuilder();
  const lighter = b.node('Add', [b.input, tensor([], [1])]);
  await writeFile(
    inFolder(name),
    b.build(b.node('Clip', [lighter, tensor([], [0]), tensor([], [255])])),
  );
  return inFolder(name);
}

const RANGES = ['--input-range', '0,255', '--output-range', '0,255'];

test('a network for another range is warned of, and run as it is told', async () => {
  const model = await writeBytesNetwork('bytes.onnx');
  const input = await writePicture('light.png');
  const warning = /set inputRange and outputRange \(--input-range 0,255 --output-range 0,255\)/;
  assert.match(tessera('inspect', model).stdout, warning);
  const { warnings } = JSON.parse(tessera('inspect', model, '--json', ...RANGES).stdout);
  assert.deepEqual(warnings, []);
  const washed = tessera('restore', input, inFolder('washed.png'), '-m', model);
  assert.match(washed.stderr, warning);
  const good = tessera('restore', input, inFolder('good.png'), '-m', model, ...RANGES);
  assert.deepEqual([good.status, good.stderr], [0, '']);
  const bytes = async (path: string) => [...(await sharp(path).raw().toBuffer())];
  const expected = (await bytes(input)).map((byte) => Math.min(255, byte + 1));
  assert.deepEqual(await bytes(inFolder('good.png')), expected);
});

test('annotate writes metadata and leaves the rest of the file alone', async () => {
  const model = await writeBytesNetwork('plain.onnx');
  const first = inFolder('annotated.onnx');
  const { status, stdout, stderr } = tessera(
    'annotate',
    model,
    '-o',
    first,
    '--name',
    'n',
    ...RANGES,
  );
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /tessera\.input_range = 0,255/);
  const [before, after] = [await readFile(model), await readFile(first)];
  assert.deepEqual(after.subarray(0, before.length), before);
  const second = inFolder('again.onnx');
  assert.equal(tessera('annotate', first, '-o', second, '--input-range', '0,1').status, 0);
  const info = JSON.parse(tessera('inspect', second, '--json').stdout);
  assert.equal(info.name, 'n');
  assert.match(info.warnings[0], /--input-range 0,255/);
  fails(2, /nothing to write/, 'annotate', model, '-o', first);
  fails(2, /missing option: --output FILE/, 'annotate', model, '--color', 'bgr');
  fails(2, /color is said to be 'y'/, 'annotate', model, '-o', first, '--color', 'y');
  await writeFile(inFolder('page.onnx'), '<!doctype html>');
  fails(1, /ERR_MODEL_FORMAT/, 'annotate', inFolder('page.onnx'), '-o', first, '--color', 'bgr');
});

test('what pixels are is said in numbers and words', async () => {
  fails(2, /--input-range must be numbers/, 'inspect', MODEL, '--input-range', '0;255');
  fails(2, /--input-range must increase/, 'inspect', MODEL, '--input-range', '1,0');
  fails(2, /--std must be positive/, 'inspect', MODEL, '--std', '0');
  fails(2, /--color must be one of rgb, bgr/, 'inspect', MODEL, '--color', 'hsv');
  fails(2, /restore needs --model/, 'restore', await writePicture('r.png'), inFolder('s.png'));
});

test('convert writes a TensorFlow.js model as one ONNX file, in halves where it is told to', async () => {
  const g = new GraphBuilder();
  const kernel = g.constant([3, 3, 3, 12], Array(324).fill(0.02));
  const strides = { strides: attr.ints([1, 1, 1, 1]), padding: attr.s('SAME') };
  const deep = g.node('Conv2D', [g.picture, kernel], strides);
  const output = g.node('DepthToSpace', [deep], { block_size: attr.i(2) });
  const { modelTopology, signature, weightSpecs, weightData } = g.build(output);
  const weightsManifest = [{ paths: ['w.bin'], weights: weightSpecs }];
  const json = inFolder('model.json');
  await writeFile(json, JSON.stringify({ modelTopology, signature, weightsManifest }));
  fails(1, /w\.bin.*\(ERR_/, 'convert', json, inFolder('converted.onnx'));
  await writeFile(inFolder('w.bin'), new Uint8Array(weightData as ArrayBuffer));
  const range = ['--input-range', '0,255', '--output-range', '0,255'];
  const { status, stdout } = tessera(
    ...['convert', json, inFolder('converted.onnx'), '--float16', '--json', ...range],
  );
  assert.equal(status, 0);
  const report = JSON.parse(stdout);
  assert.deepEqual([report.scale, report.parameters, report.float16], [2, 324, true]);
  const file = await readFile(inFolder('converted.onnx'));
  assert.equal(report.bytes, file.length);
  const { graph, metadata_props } = decodeOnnx(file);
  assert.deepEqual(graph?.initializer?.[0]?.raw_data?.length, 648);
  assert.deepEqual(
    metadata_props?.map(({ value }) => value),
    ['0,255', '0,255'],
  );
});
