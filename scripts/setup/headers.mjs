// Header-only libraries. They come as Debian -dev packages, but a WebAssembly build must not see /usr/include (the
// machine's libc headers are there), so the few that are needed get an include folder of their own.

import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { step, UserError } from '../lib/log.mjs';
import { TOOLCHAIN } from '../lib/paths.mjs';

// protozero: protobuf decoding. doctest: the C++ tests. simde: two XNNPACK kernels include arm_neon.h through it.
const HEADERS = ['protozero', 'doctest', 'simde'];

const PLACES = ['/usr/include', '/usr/local/include', '/opt/homebrew/include'];

export async function setUpHeaders() {
  await step('Header-only libraries', () => {
    const target = join(TOOLCHAIN, 'include');
    mkdirSync(target, { recursive: true });
    for (const name of HEADERS) {
      if (existsSync(join(target, name))) continue;
      const source = PLACES.map((place) => join(place, name)).find((path) => existsSync(path));
      if (!source) {
        throw new UserError(
          `the headers of ${name} are in none of ${PLACES.join(', ')}: install them (Debian: libprotozero-dev, ` +
            `doctest-dev, libsimde-dev) or copy them to ${join(target, name)}`,
        );
      }
      // Copied under a scratch name first: a set-up that is interrupted leaves no half folder behind.
      const scratch = join(target, `${name}.copying`);
      rmSync(scratch, { recursive: true, force: true });
      cpSync(source, scratch, { recursive: true, dereference: true });
      renameSync(scratch, join(target, name));
    }
    return HEADERS.join(', ');
  });
}
