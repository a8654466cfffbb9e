// V8's flags for Chromium, as the benchmarks' commands take them.

import { UserError } from '../../scripts/lib/log.mjs';

// What V8 calls the dot products of AVX.
const NO_VNNI = '--no-enable-avx-vnni --no-enable-avx-vnni-int8';

export const V8_OPTIONS = {
  'no-vnni': { type: 'boolean', default: false },
  'js-flags': { type: 'string', default: '' },
} as const;

export interface V8Choices {
  'no-vnni': boolean;
  'js-flags': string;
}

/** As the engine takes them, separated by spaces; empty for none. */
export function v8Flags({ 'no-vnni': hidden, 'js-flags': others }: V8Choices): string {
  const flags = others.split(' ').filter(Boolean);
  const wrong = flags.find((flag) => !/^--[a-z]/.test(flag));
  if (wrong !== undefined) {
    throw new UserError(`--js-flags takes flags such as --wasm-revectorize, not ${wrong}`);
  }
  return [...(hidden ? [NO_VNNI] : []), ...flags].join(' ');
}
