// A picture upscaled in Chromium has the bytes that the command line makes of it.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { DIST } from '../../../scripts/lib/paths.mjs';
import { describeOnPages } from '../support/pages.ts';

const SAMPLE = 'demo/sample.webp';

/** The SHA-256 of the pixels that the command line makes of the sample. */
async function hashFromCommandLine(variant: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
  try {
    const result = join(folder, 'result.png');
    const command = [join(DIST, 'cli', 'tessera.mjs'), 'upscale', join(DIST, SAMPLE), result];
    await promisify(execFile)(process.execPath, [...command, '--variant', variant]);
    const pixels = await sharp(result).ensureAlpha().raw().toBuffer();
    return createHash('sha256').update(pixels).digest('hex');
  } finally {
    await rm(folder, { recursive: true });
  }
}

describeOnPages('same bytes', (opened) => {
  test('the sample in Chromium equals the sample on the command line', async () => {
    const fromPage = await opened().page.evaluate(async (url) => {
      const upscaler = await window.tessera.Upscaler.create({ variant: 'simd' });
      const image = await upscaler.upscale(url, { output: 'raw' });
      await upscaler.dispose();
      const digest = await crypto.subtle.digest('SHA-256', image.data);
      const hex = (byte: number) => byte.toString(16).padStart(2, '0');
      return Array.from(new Uint8Array(digest), hex).join('');
    }, `/${SAMPLE}`);
    assert.equal(fromPage, await hashFromCommandLine('simd'));
  });
});
