// A page that does everything the library can for some time, and what it holds meanwhile.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { transform } from 'esbuild';
import type { JSHandle } from 'playwright-core';
import { residentBytes } from '../web/support/page-memory.ts';
import { openPage, type TestPage } from '../web/support/pages.ts';
import { Random } from '../web/support/random.ts';

export interface SoakOptions {
  minutes: number;
  /** Of a round, after which all has settled and memory is sampled. */
  roundSeconds: number;
  seed: number;
  workers: number;
  /** Called after each round with the resident bytes. */
  onsample?: (bytes: number, minutes: number) => void;
}

export interface SoakReport {
  /** How often each kind of deed was done, and workers killed, and the page frozen. */
  counts: Record<string, number>;
  /** What settled in another way than documented; results that differ. */
  failures: string[];
  /** Resident bytes of page and workers after each round, all garbage collected. */
  samples: number[];
  /** The same once everything was disposed of, and before anything was made. */
  before: number;
  after: number;
}

interface PageSoak {
  round(seconds: number): Promise<Pick<SoakReport, 'counts' | 'failures'>>;
  end(): Promise<void>;
}

const KILL = 'void setTimeout(() => { throw new Error("killed by the soak"); })';
const FROZEN_MS = 300;
// Workers that were ended give their memory back some time later.
const SETTLE_MS = 1500;

/** Kills a worker, if there is one. It may be gone before it has answered. */
async function killWorker({ page }: TestPage, random: Random): Promise<boolean> {
  const workers = page.workers();
  if (workers.length === 0) return false;
  await random
    .pick(workers)
    .evaluate(KILL)
    .catch(() => undefined);
  return true;
}

/** Freezes the page for a moment, as browsers do with pages that nobody sees. */
async function freeze({ page }: TestPage): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Page.setWebLifecycleState', { state: 'frozen' });
  await sleep(FROZEN_MS);
  await session.send('Page.setWebLifecycleState', { state: 'active' });
  await session.detach();
}

async function openSoak(
  { page }: TestPage,
  { seed, workers }: SoakOptions,
): Promise<JSHandle<PageSoak>> {
  return page.evaluateHandle(
    async ({ seed, workers }) => {
      const module = '/deeds.mjs';
      const { beginSoak } = await import(module);
      return beginSoak(window.tessera, seed, workers) as PageSoak;
    },
    { seed, workers },
  );
}

/** @throws when the page or a round of it does not answer. */
export async function runSoak(options: SoakOptions): Promise<SoakReport> {
  const read = (path: string) => readFile(new URL(path, import.meta.url), 'utf8');
  const random = await transform(await read('../web/support/random.ts'), { loader: 'ts' });
  const scripts = { '/deeds.mjs': await read('deeds.mjs'), '/random.mjs': random.code };
  const opened = await openPage({ scripts });
  try {
    return await soakOn(opened, options);
  } finally {
    await opened.close();
  }
}

async function soakOn(opened: TestPage, options: SoakOptions): Promise<SoakReport> {
  const { minutes, roundSeconds, seed, onsample } = options;
  const random = new Random(seed);
  const before = await residentBytes(opened);
  const soak = await openSoak(opened, options);
  const report: SoakReport = { counts: {}, failures: [], samples: [], before, after: before };
  const extra = { kill: 0, freeze: 0 };
  const begin = Date.now();
  while (Date.now() - begin < minutes * 60_000) {
    const round = soak.evaluate((it, seconds) => it.round(seconds), roundSeconds);
    await sleep(roundSeconds * 500);
    if (await killWorker(opened, random)) extra.kill++;
    if (random.next() < 0.3) {
      await freeze(opened);
      extra.freeze++;
    }
    const { counts, failures } = await round;
    report.counts = { ...counts, ...extra };
    report.failures = failures;
    await sleep(SETTLE_MS);
    const bytes = await residentBytes(opened);
    report.samples.push(bytes);
    onsample?.(bytes, (Date.now() - begin) / 60_000);
  }
  await soak.evaluate((it) => it.end());
  await soak.dispose();
  await sleep(SETTLE_MS);
  report.after = await residentBytes(opened);
  return report;
}
