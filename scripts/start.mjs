// `npm start`: sets up what is missing, builds, and serves the demo page.

import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { formatSeconds, log, runMain, step, UserError } from './lib/log.mjs';
import { DIST, ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

const HELP = `Usage: npm start -- [options]

Sets up the tools, builds the variant that most browsers take, serves the demo page, and builds the other
variants meanwhile.

  --port <number>  port to serve on (default 8080; 0 takes any free one)
  --host <name>    address to serve on (default 127.0.0.1; 0.0.0.0 shows the page to the network)
  --isolated       send COOP and COEP, which make the threaded variants possible
  --no-build       serve what dist/ holds already
  --once           open the page in headless Chromium, wait until the sample is upscaled,
                   write out/demo.png, print time, variant and workers, and end
  --help           show this
`;

const OPTIONS = {
  port: { type: 'string' },
  host: { type: 'string', default: '127.0.0.1' },
  isolated: { type: 'boolean', default: false },
  'no-build': { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** A sample of 0.2 megapixels takes seconds even on a slow core; more than this is a fault. */
const SAMPLE_TIMEOUT = 120_000;
const DEMO = '/demo/';

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    throw new UserError(`${error.message}\n\n${HELP}`);
  }
}

function readPort({ port, once }) {
  // --once needs no known address, and must not fail because a server is running already.
  if (port === undefined) return once ? 0 : 8080;
  const number = Number(port);
  if (!/^\d+$/.test(port) || number > 65535) {
    throw new UserError(`--port takes a number from 0 to 65535, not "${port}"`);
  }
  return number;
}

const runScript = (name, args = []) =>
  run(process.execPath, [join(ROOT, 'scripts', name), ...args], { cwd: ROOT, show: true });

/** Builds what today's browsers take for the page: a variant costs minutes where nothing is cached. */
async function setUpAndBuild() {
  await runScript('setup.mjs');
  await runScript('build.mjs', ['--preset', 'relaxed']);
}

/** The other variants, while the page is there already. */
async function buildTheRest() {
  log('The variants for other browsers are being built.');
  await runScript('build.mjs');
  log('All variants are there.');
}

/** Loads the page and resolves with the sample's figures once it has been upscaled. */
async function upscaleSample(page, url) {
  const complaints = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  try {
    await page.waitForSelector('body[data-state=done], body[data-state=error]', {
      timeout: SAMPLE_TIMEOUT,
    });
  } catch {
    complaints.push(`not upscaled after ${formatSeconds(SAMPLE_TIMEOUT)}`);
  }
  const outcome = await page.evaluate(() => ({ ...document.body.dataset }));
  if (outcome.error) complaints.push(outcome.error);
  if (outcome.state !== 'done' || complaints.length > 0) {
    throw new UserError(`the demo page did not upscale its sample:\n  ${complaints.join('\n  ')}`);
  }
  return outcome;
}

async function runOnce(url) {
  const { launchBrowser } = await import('./lib/browser.mjs');
  const picture = join(ROOT, 'out', 'demo.png');
  mkdirSync(join(ROOT, 'out'), { recursive: true });
  await step('The demo in headless Chromium', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage({
        viewport: { width: 1280, height: 900 },
        // Or the picture would catch the dividing line on its way.
        reducedMotion: 'reduce',
      });
      const outcome = await upscaleSample(page, url);
      await page.screenshot({ path: picture, fullPage: true });
      const { milliseconds, size, variant, workers, model } = outcome;
      const time = formatSeconds(Number(milliseconds));
      process.stdout.write(
        `${model}: sample upscaled to ${size} in ${time}, variant ${variant}, workers ${workers}\n`,
      );
    } finally {
      await browser.close();
    }
    return `wrote ${relative(process.cwd(), picture)}`;
  });
}

runMain(async () => {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const port = readPort(options);
  if (!options['no-build']) await setUpAndBuild();

  // Imported late: before set-up, its packages may not be there.
  const { serve } = await import('./lib/serve.mjs');
  const { host, isolated } = options;
  const server = await serve({ root: DIST, port, host, isolated, home: DEMO });
  if (options.once) {
    try {
      await runOnce(server.url + DEMO);
    } finally {
      await server.close();
    }
    return;
  }
  log(`\nThe demo is at ${server.url}${DEMO} (${isolated ? '' : 'not '}cross-origin isolated)`);
  log('Ctrl+C ends it.');
  if (!options['no-build']) await buildTheRest();
});
