// What a first visit downloads, until a picture can be enlarged.
import { join } from 'node:path';
import { DIST } from '../../scripts/lib/paths.mjs';
import { measure } from '../../scripts/lib/sizes.mjs';

/** Bytes in brotli: until the page is of use. */
export const BUDGET = 250_000;

/** A file, and its bytes as it travels. */
interface Transferred {
  file: string;
  brotli: number;
}

/**
 * @param paths - what the server was asked for
 * @returns each file once; pictures travel as they are
 */
export function transferOf(paths: readonly string[]): Transferred[] {
  const names = new Set(paths.map((path) => (path.endsWith('/') ? `${path}index.html` : path)));
  return [...names].map((name) => {
    const { raw, brotli } = measure(join(DIST, name), name);
    return { file: name, brotli: /\.(webp|png)$/.test(name) ? raw : brotli };
  });
}
