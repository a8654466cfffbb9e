/** The script of a worker that has its core's scripts inside. */
import relaxed from 'glue:tessera-relaxed';
import simd from 'glue:tessera-simd';
import { TesseraError } from '../src/errors.js';
import { serveBrowser } from '../src/worker/browser-port.js';
import { ADDRESSED } from '../src/worker/serve.js';
import { INSIDE } from './address.js';

serveBrowser({
  // Glue and wasm belong together: those of the caller's own folder come from there.
  async glue(url) {
    if (!url.startsWith(INSIDE)) return ADDRESSED.glue(url);
    return url.includes('relaxed') ? relaxed : simd;
  },
  async converter(url) {
    if (!url.startsWith(INSIDE)) return ADDRESSED.converter(url);
    throw new TesseraError(
      'ERR_UNSUPPORTED',
      'the library that is one file converts no models: convert this one once, with npx tessera convert',
    );
  },
});
