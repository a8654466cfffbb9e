// Finds the Emscripten that the build uses.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLCHAIN } from './paths.mjs';
import { versionLine, which } from './run.mjs';

/** The first release line whose clang knows the relaxed SIMD instructions under their final names, and `--emit-tsd`. */
export const MINIMUM_EMSCRIPTEN = '4.0';

export const emscriptenPrefix = () => join(TOOLCHAIN, 'emscripten');

/** "6.0.5" from `emcc --version`, or null. */
function emccVersion(emcc) {
  const line = versionLine(emcc);
  return /\b(\d+\.\d+\.\d+)/.exec(line ?? '')?.[1] ?? null;
}

const isNewEnough = (version) =>
  Number.parseInt(version, 10) >= Number.parseInt(MINIMUM_EMSCRIPTEN, 10);

export function pathEmscriptenVersion() {
  const emcc = which('emcc');
  return emcc === null ? null : emccVersion(emcc);
}

function privateEmscripten() {
  const folder = join(emscriptenPrefix(), 'usr', 'share', 'emscripten');
  if (!existsSync(join(folder, '.emscripten'))) return null;
  const version = emccVersion(join(folder, 'emcc'));
  return version === null ? null : { version, isPrivate: true };
}

/**
 * `{version, isPrivate}`, or null when set-up has not run. An Emscripten on PATH that is new enough wins;
 * cmake/toolchain.cmake chooses by the same rule.
 */
export function findEmscripten() {
  const version = pathEmscriptenVersion();
  if (version !== null && isNewEnough(version)) return { version, isPrivate: false };
  return privateEmscripten();
}
