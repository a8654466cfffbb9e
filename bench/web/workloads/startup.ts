// From nothing to the first upscaled tile, and what is downloaded for it.

import { join } from 'node:path';
import type { Browser, BrowserContext } from 'playwright-core';
import { launchBrowser } from '../../../scripts/lib/browser.mjs';
import { log, warn } from '../../../scripts/lib/log.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serve } from '../../../scripts/lib/serve.mjs';
import { measure } from '../../../scripts/lib/sizes.mjs';
import { type Row, timing } from '../../lib/results.ts';
import { NetworkFiles } from '../networks/files.ts';
import { pageUrl } from '../pages.ts';
import type { Kind, Subject } from '../subjects/subject.ts';
import { settle, type Workload } from './workload.ts';

/** The shipped network's shape, with a tile that it has usually. */
const NETWORK = { name: 'photo-x2', edge: 128 } as const;

/** The kind that starts with what a site would choose. */
const KINDS: Record<string, string> = {
  tessera: 'int8',
  litert: 'int8-fprelu',
  'onnxruntime-web': 'int8-extended',
  'tfjs-wasm': 'float',
};

// Chromium keeps compiled code from the second load on; the third finds it.
const LOADS_BEFORE_WARM = 2;

/** Parts of the measurement itself, and models: neither is the library. */
const NOT_THE_LIBRARY = /\/bench\/web\/page\/|\/out\/bench\/web\/|^data:/;

interface Starter {
  subject: Subject;
  kind: Kind;
  cold: number[];
  warm: number[];
  files: Set<string>;
}

/** Loads the page once; returns milliseconds, and adds what was asked for to `files`. */
async function load(context: BrowserContext, url: string, files: Set<string>): Promise<number> {
  const page = await context.newPage();
  context.on('request', (request) => files.add(request.url()));
  try {
    await page.goto(url);
    return await page.evaluate(() => (globalThis as unknown as { started: number }).started);
  } finally {
    await page.close();
  }
}

async function measureOne(starter: Starter, networks: NetworkFiles, origin: string): Promise<void> {
  const { subject, kind } = starter;
  const request = {
    ...{ module: pageUrl(subject.page), file: await kind.file(networks), threads: 1 },
    ...{ edge: networks.edge, scale: networks.scale },
    ...kind.extra,
  };
  const hash = encodeURIComponent(JSON.stringify(request));
  const url = `${origin}/bench/web/page/start.html#${hash}`;
  const browser: Browser = await launchBrowser();
  try {
    await settle();
    const context = await browser.newContext();
    starter.cold.push(await load(context, url, starter.files));
    for (let i = 1; i < LOADS_BEFORE_WARM; i++) await load(context, url, starter.files);
    await settle();
    starter.warm.push(await load(context, url, starter.files));
  } finally {
    await browser.close();
  }
}

/** What the files have together, raw and compressed. */
function downloaded(files: ReadonlySet<string>): { raw: number; gzip: number; brotli: number } {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const url of files) {
    if (NOT_THE_LIBRARY.test(url)) continue;
    const path = decodeURIComponent(new URL(url).pathname);
    const { raw, gzip, brotli } = measure(join(ROOT, path), path);
    sum.raw += raw;
    sum.gzip += gzip;
    sum.brotli += brotli;
  }
  return sum;
}

function toRows({ subject, kind, cold, warm, files }: Starter, networks: NetworkFiles): Row[] {
  const { raw, gzip, brotli } = downloaded(files);
  const row = (cache: string, times: number[]): Row => ({
    ...{ workload: `startup-${cache}`, net: networks.name, pixels: networks.edge ** 2 },
    ...{ subject: subject.name, kind: kind.kind, threads: 1, isolated: false, ...timing(times) },
    ...{ gmacs: null, bytes: brotli, extra: { bytes_raw: raw, bytes_gzip: gzip } },
  });
  log(`${subject.name} (${kind.kind}): ${files.size} requests`);
  return [row('cold', cold), row('warm', warm)];
}

export const startup: Workload = {
  name: 'startup',
  about: 'from an empty page to the first tile, cold and with a warm cache, and the bytes for it',
  wantsPeak: false,
  async run({ subjects, rounds }) {
    const networks = new NetworkFiles(NETWORK.name, NETWORK.edge);
    const starters = subjects.flatMap((subject): Starter[] => {
      const kind = subject.kinds.find((each) => each.kind === KINDS[subject.name]);
      return kind ? [{ subject, kind, cold: [], warm: [], files: new Set() }] : [];
    });
    const failed = new Set<Starter>();
    const server = await serve({ root: ROOT });
    try {
      for (let round = 1; round <= rounds; round++) {
        for (const starter of starters.filter((each) => !failed.has(each))) {
          try {
            await measureOne(starter, networks, server.url);
          } catch (error) {
            failed.add(starter);
            process.exitCode = 1;
            warn(`${starter.subject.name}: ${String(error).split('\n', 1)[0]}`);
          }
        }
      }
    } finally {
      await server.close();
    }
    return starters.filter((each) => !failed.has(each)).flatMap((each) => toRows(each, networks));
  },
};
