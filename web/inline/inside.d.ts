// What scripts/lib/inline.mjs puts into the bundle.

/** A file of dist/, compressed with gzip, in base64. */
declare module 'inside:*' {
  export const base64: string;
}

/** The script that belongs to a build of the core. */
declare module 'glue:*' {
  import type { ModuleFactory } from '../src/worker/wasm-module.js';

  const factory: ModuleFactory;
  // biome-ignore lint/style/noDefaultExport: Emscripten's
  export default factory;
}
