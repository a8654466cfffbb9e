// Finds the Emscripten that set-up chose, and the environment its compiler needs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLCHAIN } from './paths.mjs';
import { versionLine, which } from './run.mjs';

/** The first release line whose clang knows the relaxed SIMD instructions under their final names, and `--emit-tsd`. */
export const MINIMUM_EMSCRIPTEN = '4.0';

export const emscriptenPrefix = () => join(TOOLCHAIN, 'emscripten');

/** "6.0.5" from `emcc --version`, or null. */
function emccVersion(emcc, env) {
  const line = versionLine(emcc, env);
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
  const config = join(emscriptenPrefix(), 'emscripten-config');
  if (!existsSync(config) || !existsSync(join(folder, 'emcc'))) return null;
  const env = { ...process.env, EM_CONFIG: config };
  const version = emccVersion(join(folder, 'emcc'), env);
  return version === null ? null : { folder, version, isPrivate: true, env };
}

/**
 * `{folder, version, isPrivate, env}`, or null when set-up has not run. `folder` holds emcc and em++, `env` is the
 * environment to run them in. An Emscripten on PATH that is new enough wins.
 */
export function findEmscripten() {
  const version = pathEmscriptenVersion();
  if (version !== null && isNewEnough(version)) {
    return { folder: join(which('emcc'), '..'), version, isPrivate: false, env: process.env };
  }
  return privateEmscripten();
}
