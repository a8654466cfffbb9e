// The core as the machine's own code, built with sanitizers: tests/cpp/tools/run_model.cc.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BUILD } from '../../../scripts/lib/paths.mjs';
import { hasTransparency, type Pixels } from './pixels.ts';

const program = join(BUILD, 'asan', 'tessera_run_model');

/** Whether it was built; `npm test` does. */
export const hasNativeCore = existsSync(program);

/** Upscales a picture whose extents the network can take, as one tile. */
export async function runNatively(
  file: Uint8Array,
  picture: Pixels,
): Promise<Uint8ClampedArray<ArrayBuffer>> {
  const folder = await mkdtemp(join(tmpdir(), 'tessera-test-'));
  try {
    const paths = ['model.onnx', 'in.rgba', 'out.rgba'].map((name) => join(folder, name));
    const [model, input, output] = paths as [string, string, string];
    await Promise.all([writeFile(model, file), writeFile(input, picture.data)]);
    const { width, height } = picture;
    const alpha = hasTransparency(picture) ? '1' : '0';
    await promisify(execFile)(program, [model, `${width}`, `${height}`, alpha, input, output]);
    return new Uint8ClampedArray(await readFile(output));
  } finally {
    await rm(folder, { recursive: true });
  }
}
