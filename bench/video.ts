// A clip that is upscaled while it plays, in headless Chromium: `npm run bench:video`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain, UserError } from '../scripts/lib/log.mjs';
import { DIST } from '../scripts/lib/paths.mjs';
import type * as Tessera from '../web/src/index.ts';
import { openBenchPage } from './lib/bench-page.ts';
import { CODECS, type CodecName, makeClip, SCENES, type SceneName } from './lib/clips.ts';
import { choices, positive } from './lib/options.ts';
import { V8_OPTIONS, v8Flags } from './lib/v8-flags.ts';

const HELP = `npm run bench:video [-- OPTIONS]

Plays clips of 640x360 pixels in headless Chromium and upscales them by upscaler.video(). The clips are made by
ffmpeg. Needs \`npm run build\`. Lists are separated by commas.

  --clip <list>    of ${Object.keys(SCENES).join(', ')} (default pan): a photo that is panned, a still ground
                   with something that moves, a screen that is typed on
  --codec <list>   of ${Object.keys(CODECS).join(', ')} (default vp9)
  --seconds <n>    that are measured, after as many as it takes to show 10 frames (default 10)
  --model <name>   (default photo-x2-tiny)
  --workers <n>    (default 2)
  --no-vnni        keep Chromium from using the dot products of AVX-VNNI
  --js-flags <text>Chromium's flags for V8, such as --js-flags=--wasm-revectorize
  --json           print one line for each clip: {"clip", "codec", "fps", "latency_ms", "longest_task_ms",
                   "dropped", "reused", "seconds"}
  --help           this text
`;

const OPTIONS = {
  clip: { type: 'string', default: 'pan' },
  codec: { type: 'string', default: 'vp9' },
  seconds: { type: 'string', default: '10' },
  model: { type: 'string', default: 'photo-x2-tiny' },
  workers: { type: 'string', default: '2' },
  ...V8_OPTIONS,
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** What one clip gave. */
interface VideoResult {
  fps: number;
  latency_ms: number;
  /** The page's, of those that the browser tells: 50 ms and more; 0 for none. */
  longest_task_ms: number;
  /** Of the measured time, as `frames` are. */
  dropped: number;
  frames: number;
  reused: number;
  seconds: number;
}

interface Wanted {
  url: string;
  seconds: number;
  model: string;
  workers: number;
}

/** Runs on the page. */
async function play({ url, seconds, model, workers }: Wanted): Promise<VideoResult> {
  const address = '/dist/tessera.mjs';
  const { Upscaler }: typeof Tessera = await import(address);
  const upscaler = await Upscaler.create({ model, workers });
  const video = Object.assign(document.createElement('video'), { muted: true, loop: true });
  video.src = url;
  const live = await upscaler.video(video, { adapt: 'none' });
  document.body.append(video, live.canvas);
  await video.play();
  const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));
  while (live.stats().frames < 10) await sleep(50);
  let longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  }).observe({ type: 'longtask' });
  const before = live.stats();
  const start = performance.now();
  await sleep(seconds * 1000);
  const { frames, dropped, latency, reused } = live.stats();
  const measured = (performance.now() - start) / 1000;
  live.stop();
  await upscaler.dispose();
  video.remove();
  return {
    fps: (frames - before.frames) / measured,
    latency_ms: latency,
    longest_task_ms: longest,
    dropped: dropped - before.dropped,
    frames: frames - before.frames,
    reused,
    seconds: measured,
  };
}

const rounded = (result: VideoResult) =>
  Object.fromEntries(Object.entries(result).map(([name, n]) => [name, Number(n.toFixed(3))]));

await runMain(async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(join(DIST, 'tessera.mjs'))) {
    throw new UserError('dist/ is not there: run `npm run build` first');
  }
  const clips = choices(values.clip, '--clip', Object.keys(SCENES) as SceneName[]);
  const codecs = choices(values.codec, '--codec', Object.keys(CODECS) as CodecName[]);
  const seconds = positive(values.seconds, '--seconds');
  const workers = positive(values.workers, '--workers');
  const bench = await openBenchPage({ isolated: false, v8: v8Flags(values) });
  try {
    for (const clip of clips) {
      for (const codec of codecs) {
        const url = `/${await makeClip(clip, codec, 4)}`;
        const wanted = { url, seconds, model: values.model, workers };
        const played = await bench.page.evaluateHandle(play, wanted);
        const result = await played.evaluate((it) => it);
        const line = { clip, codec, ...rounded(result) };
        if (values.json) process.stdout.write(`${JSON.stringify(line)}\n`);
        else
          log(
            Object.entries(line)
              .map((entry) => entry.join(' '))
              .join(', '),
          );
      }
    }
  } finally {
    await bench.close();
  }
});
