import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { ROOT } from '../../scripts/lib/paths.mjs';

/** Runs a program in the repository's root and fails with all it printed unless it succeeds. */
export async function assertSucceeds(program, args, { env } = {}) {
  const child = spawn(program, args, { cwd: ROOT, env: env ?? process.env });
  let output = '';
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    output += data;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  assert.equal(code, 0, `${program} ${args.slice(0, 5).join(' ')} failed:\n${output}`);
  return output;
}
