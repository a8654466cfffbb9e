// `npm run test:demo`: every state of the demo page in real Chromium, as pictures in out/demo/.
import { mkdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../scripts/lib/browser.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { openDemo, serveDemo, waitForSample } from '../web/support/demo-page.ts';
import { type Look, look, WATCH_SHIFTS } from './look.ts';
import { OFFLINE, VISITS, type Visit } from './states.ts';
import { BUDGET, transferOf } from './transfer.ts';

const HELP = `npm run test:demo [-- OPTIONS]

Takes the demo page in dist/ through its states, on desktop and phone, light and dark, writes a
screenshot of each to out/demo/, runs axe-core on each, and adds up what moves by itself. Then cuts the
connection and opens it again. Prints what a first visit downloads.

  --only NAMES  visits whose name contains one of these, separated by commas
  -h, --help    this text

The exit status is 1 when anything is wrong with a state.
`;

const FOLDER = join(ROOT, 'out', 'demo');
// A camera that shows a moving pattern, and is allowed.
const CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

function report({ state, faults, shift }: Look): void {
  const verdict = faults.length === 0 ? 'ok' : 'FAILS';
  process.stdout.write(`${state.padEnd(36)} ${verdict.padEnd(6)} shift ${shift.toFixed(4)}\n`);
  for (const fault of faults) process.stdout.write(`  ${fault.replaceAll('\n', '\n  ')}\n`);
}

async function goThrough(browser: Browser, name: string, { options, states }: Visit) {
  const server = await serveDemo();
  const { page, close } = await openDemo(browser, server.url, options, WATCH_SHIFTS);
  const looks: Look[] = [];
  try {
    for (const state of states) {
      await state.reach(page);
      const found = await look(page, `${name}-${state.name}`, FOLDER);
      looks.push(found);
      report(found);
    }
  } finally {
    await close().finally(() => server.close());
  }
  return looks;
}

/** The page once more, when nobody serves it. */
async function goOffline(browser: Browser): Promise<Look> {
  const requested: string[] = [];
  const server = await serveDemo({ onrequest: (path) => requested.push(path) });
  const { page, close } = await openDemo(browser, server.url, {}, WATCH_SHIFTS);
  await waitForSample(page);
  const later = requested.findIndex((path) => path.endsWith('service-worker.js'));
  const first = later < 0 ? requested : requested.slice(0, later);
  printTransfer(transferOf(first.filter((path) => path !== '/')));
  await page.waitForSelector('body[data-offline=ready]');
  await server.close();
  await OFFLINE.reach(page);
  const found = await look(page, OFFLINE.name, FOLDER);
  report(found);
  await close();
  return found;
}

function printTransfer(files: ReturnType<typeof transferOf>): void {
  const sample = files.find(({ file }) => file.endsWith('sample.webp'))?.brotli ?? 0;
  const all = files.reduce((sum, { brotli }) => sum + brotli, 0);
  for (const { file, brotli } of files) process.stdout.write(`  ${file.padEnd(34)} ${brotli}\n`);
  process.stdout.write(
    `first visit: ${all - sample} bytes in brotli until a picture can be enlarged ` +
      `(budget ${BUDGET}), and the sample's ${sample}\n`,
  );
}

const { values } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
});

async function main(): Promise<void> {
  const names = values.only?.split(',') ?? [''];
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const browser = await launchBrowser({ args: CAMERA });
  const looks: Look[] = [];
  try {
    for (const [name, visit] of Object.entries(VISITS)) {
      if (names.some((part) => name.includes(part))) {
        looks.push(...(await goThrough(browser, name, visit)));
      }
    }
    if (values.only === undefined) looks.push(await goOffline(browser));
  } finally {
    await browser.close();
  }
  const wrong = looks.filter(({ faults }) => faults.length > 0).length;
  const folder = relative(process.cwd(), FOLDER);
  process.stdout.write(`${looks.length} states in ${folder}/, ${wrong} with faults\n`);
  if (wrong > 0 || looks.length === 0) process.exitCode = 1;
}

if (values.help === true) process.stdout.write(HELP);
else await main();
