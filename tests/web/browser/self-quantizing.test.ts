// An int8 network that a page makes by itself: in a worker, without headers, and kept for the next visit.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Request } from 'playwright-core';
import type { QuantizationInfo } from '../../../web/src/index.ts';
import { residualChain } from '../support/benchmark-networks.ts';
import { openPage, type TestPage } from '../support/pages.ts';

const FLOAT = residualChain({ width: 8, layers: 4, kind: 'float' }).file;

let opened: TestPage;
const requests: string[] = [];

before(async () => {
  opened = await openPage();
  opened.page.on('request', (request: Request) => requests.push(request.url()));
});
after(() => opened?.close());

interface Visit {
  /** As soon as the upscaler is there. */
  first: QuantizationInfo | null;
  last: QuantizationInfo;
  /** Of the exported file. */
  bytes: number;
  /** What onprogress heard. */
  told: number[];
}

/** What an upscaler makes of the network. */
function visit(): Promise<Visit> {
  return opened.page.evaluate(
    async (file) => {
      const told: number[] = [];
      const onprogress = (part: number) => told.push(part);
      const upscaler = await window.tessera.Upscaler.create({
        model: Uint8Array.from(file),
        quantize: { onprogress },
        workers: 1,
      });
      const first = upscaler.info.quantization;
      const last = await upscaler.quantize();
      const { length: bytes } = await upscaler.exportModel();
      await upscaler.upscale(new ImageData(16, 16));
      await upscaler.dispose();
      return { first, last, bytes, told };
    },
    [...FLOAT],
  );
}

const loadsOfQuantizer = () => requests.filter((url) => url.includes('tessera-quantizer')).length;

test('the second visit begins with int8, and loads no quantizer', async () => {
  const made = await visit();
  assert.equal(made.first?.state, 'waiting');
  assert.deepEqual([made.last.state, made.last.kept], ['int8', false]);
  assert.equal(made.told.at(-1), 1);
  assert.ok(loadsOfQuantizer() > 0);
  requests.length = 0;
  const kept = await visit();
  assert.deepEqual(kept.first, { ...made.last, kept: true });
  assert.deepEqual(kept.last, kept.first);
  assert.equal(kept.bytes, made.bytes);
  assert.equal(loadsOfQuantizer(), 0);
});

test('what is asked of int8 is asked of a kept one too', async () => {
  const info = await opened.page.evaluate(
    async (file) => {
      const options = { model: Uint8Array.from(file), quantize: { minPsnr: 90 }, workers: 1 };
      const upscaler = await window.tessera.Upscaler.create(options);
      const info = upscaler.info.quantization;
      await upscaler.dispose();
      return info;
    },
    [...FLOAT],
  );
  assert.deepEqual([info?.state, info?.kept], ['float', true]);
  assert.match(info?.because ?? '', /less than the 90 dB/);
});
