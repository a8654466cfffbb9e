import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import {
  cpuSecondsOf,
  descendants,
  familyOf,
  type Process,
  peakOf,
} from '../../../bench/lib/processes.ts';

const ON_LINUX = process.platform === 'linux';

describe("a browser's processes", () => {
  test('are the one that was started and all that came of it', () => {
    const of = (id: number, parent: number): Process => ({ id, parent, command: '', cpu: id });
    const all = [of(1, 0), of(2, 1), of(3, 2), of(4, 1), of(5, 4)];
    const ids = descendants(all, 2).map(({ id }) => id);
    assert.deepEqual(ids, [2, 3]);
    assert.equal(cpuSecondsOf(descendants(all, 4)), 9);
    assert.equal(cpuSecondsOf([]), undefined);
  });

  test('are read with their CPU time and memory', { skip: !ON_LINUX }, async () => {
    const busy =
      'const end = Date.now() + 300; while (Date.now() < end); console.log(1); process.stdin.resume()';
    const child = spawn(process.execPath, ['-e', busy]);
    try {
      await once(child.stdout, 'data');
      const own = familyOf(process.pid).find(({ id }) => id === child.pid);
      assert.ok(own);
      assert.match(own.command, /process\.stdin/);
      assert.ok(own.cpu > 0.05 && own.cpu < 10, `${own.cpu} s`);
      const memory = peakOf([own.id]) as number;
      assert.ok(memory > 10 && memory < 1000, `${memory} MB`);
    } finally {
      child.kill();
    }
  });

  test('that have ended have no memory', () => {
    assert.equal(peakOf([]), undefined);
    assert.equal(peakOf([2 ** 30]), undefined);
  });
});
