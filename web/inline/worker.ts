/** The script of a worker that has its core's scripts inside. */
import relaxed from 'glue:tessera-relaxed';
import simd from 'glue:tessera-simd';
import { serveBrowser } from '../src/worker/browser-port.js';

serveBrowser(async (glueUrl) => (glueUrl.includes('relaxed') ? relaxed : simd));
