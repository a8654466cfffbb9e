import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createContext, runInContext } from 'node:vm';

const root = new URL('../../../', import.meta.url);

// Any property read of these ends the import with an error.
const FORBID = `
  for (const name of ['window', 'document', 'navigator', 'self', 'location']) {
    Object.defineProperty(globalThis, name, {
      configurable: true,
      get() { throw new Error('touched ' + name); },
    });
  }
`;

function importUnderGuard(path: string): string {
  const url = new URL(path, root).href;
  const script = `${FORBID}
    const library = await import(${JSON.stringify(url)});
    process.stdout.write(Object.keys(library).sort().join());`;
  const args = ['--import=tsx', '--input-type=module', '-e', script];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout;
}

const EXPORTS = 'ERROR_CODES,Pool,TesseraError,Upscaler,VARIANTS';

test('importing the sources touches no browser global', () => {
  assert.equal(importUnderGuard('web/src/index.ts'), EXPORTS);
});

test('importing the built library touches no browser global', () => {
  assert.ok(existsSync(new URL('dist/tessera.mjs', root)), 'not built: npm run build');
  assert.equal(importUnderGuard('dist/tessera.mjs'), EXPORTS);
});

test('the script-tag build defines one global', () => {
  const script = readFileSync(new URL('dist/tessera.js', root), 'utf8');
  const context = createContext({});
  runInContext(script, context);
  assert.deepEqual(Object.keys(context), ['Tessera']);
  assert.equal(Object.keys(context.Tessera).sort().join(), EXPORTS);
});
