// UpscalerJS's networks, converted, against TensorFlow.js on a real picture. They are more than a hundred megabytes:
// `npm ci --prefix bench/web` brings them, which `npm run bench` does too; without them there is nothing to run.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { modelJsonToOnnx, parseModelJson } from '../../web/src/convert/index.ts';
import { loadCore, runNetwork } from '../web/support/core.ts';
import { type FloatImage, fromNhwc } from '../web/support/onnxruntime.ts';
import { distance } from '../web/support/same-network.ts';
import { layers, predict, tf } from '../web/support/tensorflow.ts';
import '../web/support/tensorflow-layers.ts';

const PACKAGES = join(ROOT, 'bench', 'web', 'node_modules', '@upscalerjs');

/** Where they lie, and what a byte's 255 is to each. The largest get a smaller part of the picture. */
const NETWORKS = [
  { path: 'default-model/models', range: 255, edge: 32 },
  ...[2, 3, 4, 8].map((x) => ({ path: `esrgan-slim/models/x${x}`, range: 255, edge: 32 })),
  ...[2, 3, 4, 8].map((x) => ({ path: `esrgan-medium/models/x${x}`, range: 255, edge: 24 })),
  ...[2, 3, 4, 8].map((x) => ({ path: `esrgan-thick/models/x${x}`, range: 1, edge: 12 })),
];

/** A part of the demo's photo with edges and texture, as a network of this range gets it. */
async function photo(edge: number, range: number): Promise<FloatImage> {
  const { data } = await sharp(join(ROOT, 'web', 'demo', 'sample.webp'))
    .extract({ left: 150, top: 180, width: edge, height: edge })
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return fromNhwc(
    Float32Array.from(data, (byte) => (byte / 255) * range),
    edge,
    edge,
    3,
  );
}

describe("UpscalerJS's networks compute what they do in TensorFlow.js", async () => {
  const core = await loadCore();
  for (const { path, range, edge } of NETWORKS) {
    const file = join(PACKAGES, path, 'model.json');
    const skip = !existsSync(file) && 'npm ci --prefix bench/web installs the peers';
    test(path, { skip }, async (t) => {
      const json = parseModelJson(await readFile(file, 'utf8'));
      const names = json.weightsManifest.flatMap((group) => group.paths);
      const shards = await Promise.all(names.map((name) => readFile(join(dirname(file), name))));
      const specs = json.weightsManifest.flatMap((group) => group.weights);
      const model = await layers.loadLayersModel(
        tf.io.fromMemory({
          modelTopology: json.modelTopology as object,
          weightSpecs: specs as unknown as tf.io.WeightsManifestEntry[],
          weightData: new Uint8Array(Buffer.concat(shards)).buffer,
        }),
      );
      const picture = await photo(edge, range);
      const onnx = modelJsonToOnnx(json, (name) => shards[names.indexOf(name)] as Uint8Array);
      const apart =
        (distance(runNetwork(core, onnx, picture), predict(model, picture)) / range) * 255;
      t.diagnostic(`${apart.toPrecision(2)} levels apart at most`);
      assert.ok(apart < 1, `${apart} levels`);
      model.dispose();
    });
  }
});
