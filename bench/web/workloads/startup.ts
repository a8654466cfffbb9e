// From nothing to the first upscaled tile, and what is downloaded for it.

import { join } from 'node:path';
import { log } from '../../../scripts/lib/log.mjs';
import { ROOT } from '../../../scripts/lib/paths.mjs';
import { serve } from '../../../scripts/lib/serve.mjs';
import { type FileSize, measure } from '../../../scripts/lib/sizes.mjs';
import { launch } from '../../lib/bench-page.ts';
import type { BrowserName, DrivenBrowser } from '../../lib/driver.ts';
import { type Row, timing } from '../../lib/results.ts';
import { NetworkFiles } from '../networks/files.ts';
import { pageUrl } from '../pages.ts';
import type { Kind, Subject } from '../subjects/subject.ts';
import { settle, takeTurns, type Workload } from './workload.ts';

/** The shipped network's shape, with a tile that it has usually. */
const NETWORK = { name: 'photo-x2', edge: 128 } as const;

/** The kind that starts with what a site would choose. */
const KINDS: Record<string, string> = {
  tessera: 'int8',
  litert: 'int8-fprelu',
  'onnxruntime-web': 'int8-extended',
  'tfjs-wasm': 'float',
};

/** What a site would ask for beside it: of ours, no more of the library than such a network needs. */
const WISHES: Record<string, object> = { tessera: { core: 'lean' } };

// Browsers keep compiled code from the second load on; the third finds it.
const LOADS_BEFORE_WARM = 2;

/** Parts of the measurement itself, and models: neither is the library. */
const NOT_THE_LIBRARY = /\/bench\/web\/page\/|\/out\/bench\/web\//;

interface Starter {
  browser: BrowserName;
  subject: Subject;
  kind: Kind;
  /** Of ours. */
  variant?: string | undefined;
  cold: number[];
  warm: number[];
  /** What was asked for: paths on the server. */
  files: Set<string>;
}

const newStarter = (browser: BrowserName, subject: Subject, kind: Kind): Starter => ({
  ...{ browser, subject, kind },
  ...{ cold: [], warm: [], files: new Set() },
});

interface Started {
  ms: number;
  variant: string | undefined;
}

/** Loads the page once, and waits for its first tile. */
async function load(browser: DrivenBrowser, url: string): Promise<Started> {
  const page = await browser.newPage();
  try {
    await page.goto(url);
    return await page.evaluate(() => (globalThis as unknown as { started: Started }).started);
  } finally {
    await page.close();
  }
}

/** The address of the page that starts with one way. */
async function addressOf({ subject, kind }: Starter, networks: NetworkFiles, origin: string) {
  const request = {
    ...{ module: pageUrl(subject.page), file: await kind.file(networks), threads: 1 },
    ...{ edge: networks.edge, scale: networks.scale },
    ...kind.extra,
    ...WISHES[subject.name],
  };
  const hash = encodeURIComponent(JSON.stringify(request));
  return `${origin}/bench/web/page/start.html#${hash}`;
}

async function measureOne(starter: Starter, networks: NetworkFiles, v8: string): Promise<void> {
  const browser = await launch(starter.browser, v8);
  const server = await serve({ root: ROOT, onrequest: (path) => starter.files.add(path) });
  try {
    const url = await addressOf(starter, networks, server.url);
    await settle();
    const { ms, variant } = await load(browser, url);
    starter.cold.push(ms);
    starter.variant = variant;
    for (let i = 1; i < LOADS_BEFORE_WARM; i++) await load(browser, url);
    await settle();
    starter.warm.push((await load(browser, url)).ms);
  } finally {
    await browser.close();
    await server.close();
  }
}

const sizes = new Map<string, FileSize>();

/** Each file once: the best compression of megabytes takes a while, and all browsers load the same. */
function sizeOf(path: string): FileSize {
  const known = sizes.get(path);
  if (known !== undefined) return known;
  const size = measure(join(ROOT, path), path);
  sizes.set(path, size);
  return size;
}

/** What the files have together, raw and compressed. */
function downloaded(files: ReadonlySet<string>): { raw: number; gzip: number; brotli: number } {
  const sum = { raw: 0, gzip: 0, brotli: 0 };
  for (const path of files) {
    if (NOT_THE_LIBRARY.test(path)) continue;
    const { raw, gzip, brotli } = sizeOf(path);
    sum.raw += raw;
    sum.gzip += gzip;
    sum.brotli += brotli;
  }
  return sum;
}

function toRows(starter: Starter, networks: NetworkFiles): Row[] {
  const { browser, subject, kind, variant, cold, warm, files } = starter;
  const { raw, gzip, brotli } = downloaded(files);
  const row = (cache: string, times: number[]): Row => ({
    ...{ workload: `startup-${cache}`, browser, net: networks.name, pixels: networks.edge ** 2 },
    ...{ subject: subject.name, kind: kind.kind, threads: 1, isolated: false },
    ...(variant ? { variant } : {}),
    ...timing(times),
    ...{ gmacs: null, bytes: brotli, extra: { bytes_raw: raw, bytes_gzip: gzip } },
  });
  log(`${browser}, ${subject.name} (${kind.kind}): ${files.size} requests`);
  return [row('cold', cold), row('warm', warm)];
}

export const startup: Workload = {
  name: 'startup',
  about: 'from an empty page to the first tile, cold and with a warm cache, and the bytes for it',
  wantsPeak: false,
  async run(choices) {
    const { browsers, subjects, v8 } = choices;
    const networks = new NetworkFiles(NETWORK.name, NETWORK.edge);
    const starters = subjects.flatMap((subject) => {
      const kind = subject.kinds.find((each) => each.kind === KINDS[subject.name]);
      return kind ? browsers.map((browser) => newStarter(browser, subject, kind)) : [];
    });
    const left = await takeTurns(starters, choices, {
      title: 'startup',
      measure: (starter) => measureOne(starter, networks, v8),
      nameOf: ({ browser, subject }) => `${browser}, ${subject.name}`,
    });
    return left.flatMap((each) => toRows(each, networks));
  },
};
