// Running other programs.

import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { log, UserError } from './log.mjs';

/** Full path of a program on PATH, or null. */
export function which(program) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, program);
    try {
      accessSync(candidate, constants.X_OK);
      if (statSync(candidate).isFile()) return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/**
 * Runs a program and resolves with its standard output. Without `show`, output is kept back and printed
 * only when the program fails, so that a good run stays readable.
 *
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, show?: boolean, allowFailure?: boolean }} [options]
 */
export function run(program, args, { cwd, env, show = false, allowFailure = false } = {}) {
  return new Promise((resolve, reject) => {
    // With `show`, the child's stdout joins our stderr: our stdout is reserved for results.
    const child = spawn(program, args, {
      cwd,
      env: env ?? process.env,
      stdio: show ? ['ignore', 2, 2] : ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let both = '';
    child.stdout?.on('data', (data) => {
      stdout += data;
      both += data;
    });
    child.stderr?.on('data', (data) => {
      both += data;
    });
    child.on('error', (error) => {
      reject(new UserError(`cannot run ${program}: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      if (code === 0 || allowFailure) {
        resolve({ code, stdout });
        return;
      }
      if (both) log(both.trimEnd());
      const end = signal ? `was ended by ${signal}` : `failed with exit code ${code}`;
      reject(new UserError(`${program} ${args.join(' ')} ${end}`));
    });
  });
}

/** First line of `program --version`, or null when it cannot be run. */
export function versionLine(program) {
  const result = spawnSync(program, ['--version'], { encoding: 'utf8' });
  return result.status === 0 ? result.stdout.split('\n', 1)[0] : null;
}
