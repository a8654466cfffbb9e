// The fuzz targets, and the folders they work in.
import { join } from 'node:path';
import { BUILD } from '../../scripts/lib/paths.mjs';

/** What is written in C++, by name: tests/fuzz/targets/NAME.cc. */
export const NATIVE_TARGETS = ['model_file', 'model_run', 'network', 'quantizer'] as const;

export type NativeTarget = (typeof NATIVE_TARGETS)[number];

/** Where a preset's program of a target is. */
export const programOf = (preset: 'asan' | 'fuzz', target: NativeTarget): string =>
  join(BUILD, preset, `tessera_fuzz_${target}`);

/** Where the files to begin with are written. */
export const SEEDS = join(BUILD, 'fuzz-seeds');

/** What libFuzzer found worth keeping in earlier runs of a target. */
export const corpusOf = (target: NativeTarget): string => join(BUILD, 'fuzz-corpus', target);
