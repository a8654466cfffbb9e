// Clang with libFuzzer, for `npm run fuzz`. Nothing else uses it.

import { spawnSync } from 'node:child_process';
import { setUpOptional } from './system-packages.mjs';

// Of Debian 12's security updates, as clang-tidy is.
const PACKAGES = ['clang-22', 'libclang-rt-22-dev', 'libfuzzer-22-dev', 'llvm-22'];

/** The first Clang that links libFuzzer, by the name of its C++ compiler, or null. */
export function findFuzzingClang() {
  const target = 'extern "C" int LLVMFuzzerTestOneInput(const char*, unsigned long) { return 0; }';
  const links = (name) =>
    spawnSync(name, ['-fsanitize=fuzzer,address', '-x', 'c++', '-', '-o', '/dev/null'], {
      input: target,
    }).status === 0;
  return ['clang++-22', 'clang++'].find(links) ?? null;
}

export const setUpFuzzing = () =>
  setUpOptional('Clang with libFuzzer', {
    packages: PACKAGES,
    find: findFuzzingClang,
    without: `no Clang with libFuzzer: fuzzing is not possible (Debian: ${PACKAGES.join(' ')})`,
  });
