// Networks that round sizes, or pad pictures themselves, on pictures of sizes that are no multiples
// of anything: the result is what ONNX Runtime makes of that very picture.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openUpscaler } from '../web/support/node-upscaler.ts';
import { runReference } from '../web/support/onnxruntime.ts';
import { furthestLevel } from './levels.ts';
import { writeNetwork } from './network.ts';
import { makePicture, toSamples } from './pictures.ts';
import { NETWORKS } from './zoo/index.ts';

/** Strides and pools, the deviation of the whole picture, windows, positions that are gathered. */
const NAMES = ['rlfn-x4', 'bsrn-x4', 'omnisr-x2', 'swin2sr-x2', 'unfold-x2'];
const WIDTH = 53;
const HEIGHT = 45;
const HALF_A_LEVEL = 0.501;

for (const name of NAMES) {
  test(`${name} on a picture of any size`, async () => {
    const network = NETWORKS.find((each) => each.name === name);
    assert.ok(network);
    const model = writeNetwork(network, 'torchscript-17');
    const picture = makePicture(WIDTH, HEIGHT, 5);
    const exact = await runReference(model, toSamples(picture, 3, network));
    const upscaler = await openUpscaler({ model, workers: 1 });
    try {
      assert.equal(upscaler.model.wholeMultiple, 1);
      const result = await upscaler.upscale(picture, { output: 'raw' });
      assert.ok(furthestLevel(result, exact) <= HALF_A_LEVEL);
    } finally {
      await upscaler.dispose();
    }
  });
}
