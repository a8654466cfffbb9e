// Packages from npm, exactly as package-lock.json names them.

import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { step, UserError, warn } from '../lib/log.mjs';
import { ROOT } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { hashOf, isStamped, writeStamp } from '../lib/stamp.mjs';

const MINIMUM_NODE = 20;

export function checkNodeVersion() {
  if (Number.parseInt(process.versions.node, 10) >= MINIMUM_NODE) return;
  throw new UserError(
    `Node ${MINIMUM_NODE} or newer is needed; this is ${process.versions.node} (https://nodejs.org)`,
  );
}

async function installPackages() {
  const quiet = ['--no-audit', '--no-fund'];
  const { code } = await run('npm', ['ci', ...quiet], { cwd: ROOT, allowFailure: true });
  if (code === 0) return;
  // A lock file written where a registry lacks some platforms' optional packages does not satisfy `npm ci`; `install`
  // takes the same pinned versions and only leaves those packages out.
  warn('npm ci failed; trying npm install with the same lock file');
  await run('npm', ['install', '--no-save', ...quiet], { cwd: ROOT });
}

export async function setUpNodePackages() {
  await step('Node packages', async () => {
    const lock = join(ROOT, 'package-lock.json');
    if (!existsSync(lock)) return 'no package-lock.json, nothing to install';
    const folder = join(ROOT, 'node_modules');
    // `npm ci` would empty the folder that a link leads to, which is another checkout's.
    if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
      return 'node_modules is a link: left as it is';
    const inputs = hashOf(readFileSync(lock, 'utf8'), process.version);
    if (isStamped('node-packages', inputs) && existsSync(folder)) return 'all there';
    await installPackages();
    writeStamp('node-packages', inputs);
    return 'installed by npm ci';
  });
}
