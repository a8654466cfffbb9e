// Starts Chromium for `npm start -- --once` and the browser tests.

import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { UserError } from './log.mjs';
import { which } from './run.mjs';

// Nothing here may touch the network or the graphics card: the machine's own state must not change
// a result.
const FLAGS = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Path of Chromium: `CHROMIUM_PATH` when it is set, else the first of the usual names on PATH. */
export function findChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    if (!existsSync(chosen)) throw new UserError(`CHROMIUM_PATH names no file: ${chosen}`);
    return chosen;
  }
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const path = which(name);
    if (path !== null) return path;
  }
  throw new UserError(
    'no Chromium was found: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH ' +
      'to its program',
  );
}

/** A headless browser with a profile of its own; `args` are flags to add. Close it when done. */
export function launchBrowser({ args = [] } = {}) {
  return chromium.launch({
    executablePath: findChromium(),
    // Chromium's sandbox needs kernel features that containers and root lack; only our own pages
    // are opened.
    chromiumSandbox: false,
    args: [...FLAGS, ...args],
  });
}
