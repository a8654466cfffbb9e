// Finds Firefox, which only `npm run bench -- --browser firefox` uses.

import { existsSync } from 'node:fs';
import { UserError } from './log.mjs';
import { which } from './run.mjs';

/** Path of Firefox: `FIREFOX_PATH` when it is set, else the first of the usual names on PATH; or null. */
export function findFirefox() {
  const chosen = process.env.FIREFOX_PATH;
  if (!chosen) return which('firefox-esr') ?? which('firefox');
  if (!existsSync(chosen)) throw new UserError(`FIREFOX_PATH names no file: ${chosen}`);
  return chosen;
}
