// `npm run examples`: the examples with the library that is built here, where a user's project has it installed.
import { join } from 'node:path';
import { defineConfig } from 'vite';
import { DIST, ROOT } from '../scripts/lib/paths.mjs';

// biome-ignore lint/style/noDefaultExport: Vite asks for it.
export default defineConfig({
  root: join(ROOT, 'examples'),
  cacheDir: join(ROOT, 'build', 'examples'),
  appType: 'mpa',
  resolve: {
    alias: {
      'tessera-sr/element': join(DIST, 'element.mjs'),
      'tessera-sr': join(DIST, 'tessera.mjs'),
    },
  },
  server: { fs: { allow: [ROOT] } },
});
