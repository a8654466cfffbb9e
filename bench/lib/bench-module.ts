// The program of bench/cpp, wherever it runs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { UserError } from '../../scripts/lib/log.mjs';
import { buildPreset } from '../../scripts/lib/native-build.mjs';
import { BUILD } from '../../scripts/lib/paths.mjs';
import { setUpBenchmarkSources } from '../../scripts/setup/sources.mjs';
import type { Entry } from './summary.ts';

export interface Measurement {
  /** Empty, or why there are no numbers. */
  error: string;
  /** Of one iteration, on average. */
  seconds: number;
  iterations: number;
}

export interface BenchModule {
  list(): Promise<Entry[]>;
  /** Repeats one entry for at least `seconds`. */
  measure(name: string, seconds: number): Promise<Measurement>;
  close(): Promise<void>;
}

/** Compiles the program for one preset; fetches Google Benchmark when it is not there. */
export async function buildBench(preset: string): Promise<void> {
  await setUpBenchmarkSources();
  await buildPreset(preset, ['tessera_bench'], { only: true });
}

/** @throws UserError unless the program is compiled. */
export function requireBench(preset: string): void {
  const name = preset === NATIVE ? 'tessera_bench' : 'tessera_bench.mjs';
  if (!existsSync(join(BUILD, preset, name))) {
    throw new UserError(`build/${preset}/${name} is not there: leave out --no-build`);
  }
}

/** The preset whose program runs on the machine itself. */
export const NATIVE = 'release';

/** Starts the native program. Close it. */
export function openNativeModule(): BenchModule {
  const child = spawn(join(BUILD, NATIVE, 'tessera_bench'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: string) => {
    child.stdin.write(`${request}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the benchmark program has ended');
    return JSON.parse(value);
  };
  return {
    list: () => ask('list'),
    measure: (name, seconds) => ask(`measure ${seconds} ${name}`),
    async close() {
      const ended = once(child, 'close');
      child.stdin.end();
      await ended;
    },
  };
}
