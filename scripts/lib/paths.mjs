// Where everything lives. All scripts take their folders from here.

import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Everything that set-up downloads or compiles. Ignored by git; `TESSERA_TOOLCHAIN` moves it, so that
 * several checkouts (or a CI cache) can share one copy.
 */
export const TOOLCHAIN = resolve(process.env.TESSERA_TOOLCHAIN || join(ROOT, '.toolchain'));

export const BUILD = join(ROOT, 'build');
export const DIST = join(ROOT, 'dist');

export const WASM_VARIANTS = ['simd', 'relaxed', 'simd-mt', 'relaxed-mt'];
export const NATIVE_PRESETS = ['debug', 'release', 'asan'];
