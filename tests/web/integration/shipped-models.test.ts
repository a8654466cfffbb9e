// Every shipped model, and the float network it comes from, on the demo's sample beside ONNX Runtime.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import sharp, { type Region } from 'sharp';
import { liftNetwork } from '../../../bench/web/networks/layers.ts';
import { type OnnxNode, readOnnx, withOutputs } from '../../../bench/web/networks/onnx-file.ts';
import { DIST, ROOT } from '../../../scripts/lib/paths.mjs';
import { type Picture, runAsEngine, runBesidePeer } from '../support/engine-arithmetic.ts';
import { type FloatImage, runAllOutputs, runReference } from '../support/onnxruntime.ts';
import { distances, upscaledBytes } from '../support/result-bytes.ts';

interface Model {
  path: string;
  scale: number;
}

function modelsIn(folder: string): [name: string, Model][] {
  const { aliases: _, ...models }: Record<string, { file: string; scale: number }> = JSON.parse(
    readFileSync(join(folder, 'manifest.json'), 'utf8'),
  );
  return Object.entries(models).map(([name, { file, scale }]) => [
    name,
    { path: join(folder, file), scale },
  ]);
}

describe('manifests', () => {
  for (const folder of ['models', 'models/float']) {
    test(`${folder}: sizes and digests are those of the files`, () => {
      const text = readFileSync(join(ROOT, folder, 'manifest.json'), 'utf8');
      const { aliases: _, ...models } = JSON.parse(text);
      for (const [name, { file, bytes, sha256 }] of Object.entries<Record<string, string>>(
        models,
      )) {
        const content = readFileSync(join(ROOT, folder, file as string));
        const digest = createHash('sha256').update(content).digest('hex');
        assert.deepEqual([content.length, digest], [bytes, sha256], name);
      }
    });
  }
});

/** RGBA bytes to the network's input: NCHW, 0 to 1. */
function toPlanes(rgba: Uint8Array, pixels: number): Float32Array {
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const channel = Math.floor(i / pixels);
    return (rgba[4 * (i % pixels) + channel] as number) / 255;
  });
}

function toByte(value: number): number {
  return Math.round(Math.min(Math.max(value, 0), 1) * 255);
}

/** A part of the sample, small enough for arithmetic in JavaScript. */
const DETAIL = { left: 200, top: 100, width: 160, height: 120 };

async function readSample(part?: Region): Promise<Picture> {
  const sample = sharp(join(DIST, 'demo', 'sample.webp')).ensureAlpha();
  const { data, info } = await (part ? sample.extract(part) : sample)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** ONNX Runtime's, likewise. */
async function upscaleByPeer({ path }: Model, { data, width, height }: Picture) {
  const reference = await runReference(readFileSync(path), {
    shape: [3, height, width],
    data: toPlanes(data, width * height),
  });
  return Uint8Array.from(reference.data, toByte);
}

describe('float parents against ONNX Runtime', () => {
  for (const [name, model] of modelsIn(join(ROOT, 'models', 'float'))) {
    test(`${name}: no byte more than 1 off`, async () => {
      const picture = await readSample();
      const counts = distances(
        await upscaledBytes(readFileSync(model.path), picture),
        await upscaleByPeer(model, picture),
      );
      assert.ok(counts.length <= 2, `bytes by distance: ${counts}`);
    });
  }
});

/** The mean distance of two results, in levels of 255. */
function meanDistance(a: Uint8Array, b: Uint8Array): number {
  const counts = distances(a, b);
  return counts.reduce((sum, count, distance) => sum + count * distance, 0) / a.length;
}

/** ONNX Runtime's tensor after each layer but the last, and its bytes. */
async function layersOfPeer({ path }: Model, { data, width, height }: Picture) {
  const file = readFileSync(path);
  const { nodes, input, output } = readOnnx(file);
  const isOfLayer = ({ op, inputs }: OnnxNode) => op === 'QuantizeLinear' && inputs[0] !== input;
  const codes = new Set(nodes.filter(isOfLayer).map((node) => node.output));
  const values = nodes.filter(
    ({ op, inputs }) => op === 'DequantizeLinear' && codes.has(inputs[0] as string),
  );
  const names = [...values.map((node) => node.output), output];
  const tensors = await runAllOutputs(withOutputs(file, names), {
    shape: [3, height, width],
    data: toPlanes(data, width * height),
  });
  const result = tensors.pop() as FloatImage;
  return {
    values: tensors.map((tensor) => tensor.data),
    bytes: Uint8Array.from(result.data, toByte),
  };
}

// ONNX Runtime has no integer PRelu, so it computes these layers in float32 from dequantized numbers
// and rounds its sums; ours are whole numbers, multiplied once in float32. Either way a product now
// and then falls to the other side of a tie between two codes, and later layers carry that on. So the
// engine is held to its own arithmetic byte by byte, that arithmetic to exact numbers code by code,
// and to ONNX Runtime's layer by layer, from the same codes, and all of it to ONNX Runtime on average.
const MOST_MOVED = 5e-6; // of all codes, by 1
const MOST_APART = 1e-5; // of all codes, by 1
// Levels of 255 on average, of networks with few layers. With many the difference of one code spreads until
// it is of the size of rounding itself, so those are measured by what rounding did: by their distance
// from the float network.
const MOST_FROM_PEER = 0.02;
const MOST_OF_FEW = 9; // convolutions
const MOST_OF_ROUNDING = 1 / 3;

function convolutionsOf({ path }: Model): number {
  const { layers } = liftNetwork(readOnnx(readFileSync(path)));
  return layers.filter(({ op }) => op === 'conv').length;
}

describe('shipped models', () => {
  const floatParents = Object.fromEntries(modelsIn(join(ROOT, 'models', 'float')));
  for (const [name, model] of modelsIn(join(ROOT, 'models'))) {
    test(`${name}: each byte is what the documented arithmetic gives, each code next to exact`, async (t) => {
      const picture = await readSample(DETAIL);
      const engine = runAsEngine(liftNetwork(readOnnx(readFileSync(model.path))), picture);
      const ours = await upscaledBytes(readFileSync(model.path), picture);
      assert.deepEqual(distances(ours, engine.bytes), [ours.length, 0]);
      t.diagnostic(`${engine.moved} of ${engine.codes} codes moved by rounding to float32`);
      assert.ok(engine.moved <= MOST_MOVED * engine.codes, `${engine.moved} of ${engine.codes}`);
      assert.ok(engine.furthest <= 1, `a code is ${engine.furthest} from the exact one`);
    });

    test(`${name}: each layer's codes are ONNX Runtime's`, async (t) => {
      const picture = await readSample(DETAIL);
      const peer = await layersOfPeer(model, picture);
      const network = liftNetwork(readOnnx(readFileSync(model.path)));
      const beside = runBesidePeer(network, picture, peer.values);
      const bytes = distances(beside.bytes, peer.bytes);
      t.diagnostic(`${beside.apart} of ${beside.codes} codes apart; bytes by distance: ${bytes}`);
      assert.ok(beside.apart <= MOST_APART * beside.codes, `${beside.apart} of ${beside.codes}`);
      assert.ok(beside.furthest <= 1, `a code is ${beside.furthest} from the other`);
      assert.ok(bytes.length <= 2, `bytes by distance: ${bytes}`);
    });

    test(`${name}: as ONNX Runtime's on average`, async (t) => {
      const picture = await readSample();
      const ours = await upscaledBytes(readFileSync(model.path), picture);
      const onnxRuntime = await upscaleByPeer(model, picture);
      const mean = meanDistance(ours, onnxRuntime);
      const exact = await upscaledBytes(readFileSync((floatParents[name] as Model).path), picture);
      const rounding = meanDistance(ours, exact);
      t.diagnostic(`${mean} levels, ${rounding} from the float network`);
      const most =
        convolutionsOf(model) <= MOST_OF_FEW ? MOST_FROM_PEER : MOST_OF_ROUNDING * rounding;
      assert.ok(mean <= most, `${mean} levels; ${distances(ours, onnxRuntime)}`);
    });
  }
});
