// Memory that is refused: wherever that happens the call ends in ERR_OUT_OF_MEMORY, and the next one
// works once there is room.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { adaptWorker } from '../../../web/node/host.ts';
import { BASE_URL, openUpscaler } from '../support/node-upscaler.ts';
import { OnnxBuilder, tensor } from '../support/onnx-builder.ts';

const MIB = 2 ** 20;
const LIMITS = [16, 20, 24, 28, 32, 40, 48, 64, 80, 112];
const NO_LIMIT = Number.POSITIVE_INFINITY;
const PRELOAD = new URL('fixtures/refuse-memory.mjs', import.meta.url).href;

/** A float network with 8 MB of weights, which exist several times while it is read. */
function largeNetwork(): Uint8Array {
  const b = new OnnxBuilder();
  const convolution = (x: string, outputs: number, inputs: number) =>
    b.node('Conv', [x, tensor([outputs, inputs, 1, 1], new Array(outputs * inputs).fill(0.001))]);
  let x = convolution(b.input, 1024, 3);
  for (let i = 0; i < 2; i++) x = b.node('Relu', [convolution(x, 1024, 1024)]);
  return b.build(convolution(x, 3, 1024));
}

interface Case {
  name: string;
  model: string | Uint8Array;
  /** Of the picture's edge; one tile, so that the most is needed at once. */
  size: number;
}

const CASES: readonly Case[] = [
  { name: 'an int8 network with a large tile', model: 'photo-x2-tiny', size: 640 },
  { name: 'a float network with large weights', model: largeNetwork(), size: 32 },
];

for (const { name, model, size } of CASES) {
  test(`${name} meets every limit of memory with the right error, and goes on after it`, async (context) => {
    const limit = new Float64Array(new SharedArrayBuffer(8));
    const open = () =>
      openUpscaler({
        model,
        workers: 1,
        // A function of its own, so that each upscaler has a worker of its own.
        createWorker() {
          const options = { workerData: { limit }, execArgv: ['--import', PRELOAD] };
          return adaptWorker(new Worker(new URL('node-worker.mjs', BASE_URL), options));
        },
      });
    const data = Uint8Array.from({ length: size * size * 4 }, (_, i) => (i * 2654435761) >>> 24);
    const picture = { width: size, height: size, data };
    // Larger than the picture by far, whose border comes on top.
    const options = { output: 'raw', tileSize: 2 * size } as const;

    limit[0] = NO_LIMIT;
    const unlimited = await open();
    const expected = await unlimited.upscale(picture, options);
    await unlimited.dispose();

    const refused: number[] = [];
    for (const mebibytes of LIMITS) {
      limit[0] = mebibytes * MIB;
      const note = (error: { code?: string }) => {
        assert.equal(error.code, 'ERR_OUT_OF_MEMORY');
        refused.push(mebibytes);
      };
      const upscaler = await open().catch(note);
      if (!upscaler) continue;
      const result = await upscaler.upscale(picture, options).catch(note);
      if (result) assert.deepEqual(result, expected);
      limit[0] = NO_LIMIT;
      assert.deepEqual(await upscaler.upscale(picture, options), expected);
      await upscaler.dispose();
    }
    context.diagnostic(`refused at limits of ${refused.join(', ')} MiB`);
    assert.ok(refused.length > 0, 'no limit was low enough');
    assert.ok(refused.length < LIMITS.length, 'no limit was high enough');
  });
}
