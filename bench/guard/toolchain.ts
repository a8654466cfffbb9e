// The tool chain with which a checkout is built that is not the work tree.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { TOOLCHAIN } from '../../scripts/lib/paths.mjs';

// In cmake/Xnnpack.cmake of the time when a build of XNNPACK belonged to one checkout.
const OF_ONE_CHECKOUT = 'CMAKE_CURRENT_LIST_DIR}/xnnpack -B';

const sharesBuilds = (folder: string): boolean =>
  !readFileSync(join(folder, 'cmake', 'Xnnpack.cmake'), 'utf8').includes(OF_ONE_CHECKOUT);

/**
 * The shared one; for commits whose XNNPACK cannot be built there, a folder with links to all of it but
 * the builds, of which it has its own.
 */
export function toolchainOf(folder: string, shared = TOOLCHAIN): string {
  if (sharesBuilds(folder)) return shared;
  const own = join(folder, '.toolchain');
  mkdirSync(own, { recursive: true });
  for (const name of readdirSync(shared)) {
    if (name === 'build' || existsSync(join(own, name))) continue;
    symlinkSync(join(shared, name), join(own, name));
  }
  return own;
}
