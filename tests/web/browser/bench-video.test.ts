// The video benchmark in short: clips by ffmpeg, a real <video>, figures that can be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { run, which } from '../../../scripts/lib/run.mjs';

const without = which('ffmpeg') === null && 'ffmpeg is not installed';

test('a screen recording, in VP9 and H.264: frames are shown, and most of them is kept', {
  skip: without,
}, async () => {
  const bench = ['--import=tsx', 'bench/video.ts', '--json', '--seconds', '1'];
  const clips = ['--clip', 'screen', '--codec', 'vp9,h264'];
  const { stdout } = await run(process.execPath, [...bench, ...clips], { cwd: ROOT });
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    results.map(({ codec }) => codec),
    ['vp9', 'h264'],
  );
  for (const { fps, frames, reused, latency_ms, seconds } of results) {
    assert.ok(fps > 0 && frames > 0 && latency_ms > 0 && seconds >= 1);
    assert.ok(reused > 0.5 && reused < 1, String(reused));
  }
});
