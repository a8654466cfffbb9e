// Clips for the video benchmark, made by ffmpeg of pictures that are in the repository.

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../scripts/lib/log.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { run, which } from '../../scripts/lib/run.mjs';

const PHOTO = join(ROOT, 'web/demo/sample.webp');
const FOLDER = 'out/bench/clips';

interface Scene {
  /** Frames per second. */
  rate: number;
  /** What ffmpeg reads; the photo is a still that lasts as long as the clip. */
  input: readonly string[];
  filter: string;
}

const still = (rate: number) => ['-loop', '1', '-framerate', String(rate), '-i', PHOTO];

/** A line of words that appears at a time of its own. */
const typed = (line: number) =>
  `drawbox=x=40:y=${30 + line * 24}:w=${180 + ((line * 97) % 360)}:h=9:color=0x333333:t=fill:enable='gte(t,${line * 0.3})'`;

/** What is seen. A person is a part of the photo that sways before the rest of it. */
export const SCENES = {
  pan: {
    rate: 30,
    input: still(30),
    filter: "scale=1280:-2,crop=640:360:x='(iw-ow)*(0.5+0.5*sin(t))':y='(ih-oh)*(0.5+0.5*cos(t))'",
  },
  talk: {
    rate: 30,
    input: still(30),
    filter:
      "split[a][b];[a]scale=640:360,gblur=2[still];[b]crop=200:200,scale=180:240[head];[still][head]overlay=x='230+6*sin(3*t)':y='100+4*sin(5*t)'",
  },
  screen: {
    rate: 60,
    input: ['-f', 'lavfi', '-i', 'color=white:size=640x360:rate=60'],
    filter: Array.from({ length: 12 }, (_, line) => typed(line)).join(','),
  },
} as const satisfies Record<string, Scene>;

export type SceneName = keyof typeof SCENES;

/** How a clip is written, by the name of its codec. */
export const CODECS = {
  vp9: { ending: 'webm', options: ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-b:v', '1M'] },
  h264: { ending: 'mp4', options: ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '23'] },
} as const;

export type CodecName = keyof typeof CODECS;

/**
 * Makes a clip of 640x360 pixels, unless it is there.
 *
 * @returns its path in the repository.
 * @throws UserError without ffmpeg.
 */
export async function makeClip(
  scene: SceneName,
  codec: CodecName,
  seconds: number,
): Promise<string> {
  const { rate, input, filter } = SCENES[scene];
  const { ending, options } = CODECS[codec];
  const path = `${FOLDER}/${scene}-${codec}-${seconds}.${ending}`;
  if (existsSync(join(ROOT, path))) return path;
  if (which('ffmpeg') === null) {
    throw new UserError('clips are made by ffmpeg: install it (Debian: apt-get install ffmpeg)');
  }
  mkdirSync(join(ROOT, FOLDER), { recursive: true });
  const output = ['-t', String(seconds), '-r', String(rate), '-pix_fmt', 'yuv420p', path];
  const quiet = ['-hide_banner', '-loglevel', 'error', '-y'];
  await run('ffmpeg', [...quiet, ...input, '-vf', filter, ...options, ...output], { cwd: ROOT });
  return path;
}
