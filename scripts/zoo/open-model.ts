// Models of the zoo, run by Node.

import { readFile } from 'node:fs/promises';
import { openUpscaler } from '../../tests/web/support/node-upscaler.ts';
import { defaultWorkers } from '../../web/node/host.ts';
import type { Upscaler } from '../../web/src/index.ts';

/** An upscaler with the model of a file. Dispose of it. */
export async function openModel(path: string, workers = defaultWorkers()): Promise<Upscaler> {
  return openUpscaler({ model: new Uint8Array(await readFile(path)), workers, variant: 'auto' });
}
