// The C++ tests: one binary, natively with address and undefined-behaviour sanitizers, and as wasm.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BUILD } from '../../scripts/lib/paths.mjs';
import { assertSucceeds } from './support.mjs';

for (const preset of ['asan', 'simd']) {
  test(`the core's tests pass, preset ${preset}`, async () => {
    const output = await assertSucceeds('ctest', [
      ...['--test-dir', join(BUILD, preset)],
      ...['--output-on-failure', '--no-tests=error', '--verbose'],
    ]);
    // ctest would also be content with a binary that holds no test.
    assert.match(output, /test cases:\s+[1-9]\d+ /);
  });
}
