// The files of the demo page that are made: its pictures, and what makes it work without a connection.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, ROOT } from './paths.mjs';

const DEMO = join(DIST, 'demo');
const ICON = join(ROOT, 'web', 'demo', 'icon.svg');
const GROUND = '#0f5f5c';

// The share of a maskable icon that no system cuts off.
const SAFE = 0.8;

// All that the page loads before a network is chosen, from where it lies.
const SHELL = [
  './',
  'main.mjs',
  'style.css',
  'worker.mjs',
  'resample-worker.mjs',
  'sample.webp',
  'manifest.webmanifest',
  'icon.svg',
  'icon-192.png',
  '../tessera.mjs',
  '../convert.mjs',
];

/** Draws the icons that systems want as pixels, and makes the sample small enough to travel. */
export async function makePictures() {
  const { default: sharp } = await import('sharp');
  const sample = sharp(join(ROOT, 'web', 'demo', 'sample.webp'));
  await sample.webp({ quality: 95, effort: 6 }).toFile(join(DEMO, 'sample.webp'));
  const drawn = (edge) => sharp(ICON, { density: (72 * edge) / 32 }).resize(edge, edge);
  for (const edge of [180, 192, 512])
    await drawn(edge)
      .png()
      .toFile(join(DEMO, `icon-${edge}.png`));
  const inner = await drawn(Math.round(512 * SAFE)).toBuffer();
  await sharp({ create: { width: 512, height: 512, channels: 4, background: GROUND } })
    .composite([{ input: inner }])
    .png()
    .toFile(join(DEMO, 'icon-whole.png'));
  return '5 files';
}

/** A name for what is kept: another one whenever any file of the page or of the library is another. */
function version() {
  const hash = createHash('sha256');
  const files = SHELL.map((name) => (name === './' ? 'index.html' : name));
  for (const name of [...files, '../integrity.json']) hash.update(readFileSync(join(DEMO, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Bundles the service worker. To be called last: it knows what all other files hold. */
export async function writeServiceWorker() {
  const { build } = await import('esbuild');
  const name = version();
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join('web', 'demo', 'offline', 'service-worker.ts')],
    outfile: join('dist', 'demo', 'service-worker.js'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    logLevel: 'warning',
    define: { VERSION: JSON.stringify(name), SHELL: JSON.stringify(SHELL) },
  });
  return `version ${name}`;
}
