// Configures and builds CMake presets.

import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { step } from './log.mjs';
import { ROOT, WASM_VARIANTS } from './paths.mjs';
import { run } from './run.mjs';

/**
 * Builds one preset; `targets` beyond what it builds by default, such as `tessera_tests`, or with
 * `only` nothing but these. `root` is the checkout, `env` the environment to build it in.
 *
 * @param {string} preset
 * @param {string[]} [targets]
 * @param {{ only?: boolean, root?: string, env?: NodeJS.ProcessEnv }} [options]
 */
export async function buildPreset(preset, targets = [], { only = false, root = ROOT, env } = {}) {
  const kind = WASM_VARIANTS.includes(preset) ? 'WebAssembly' : 'native';
  await step(`Core, preset ${preset} (${kind})`, async () => {
    // CMake itself notices when a configured preset is out of date.
    if (!existsSync(join(root, 'build', preset, 'build.ninja'))) {
      await run('cmake', ['--preset', preset], { cwd: root, env, show: true });
    }
    await run(
      'cmake',
      [
        ...['--build', '--preset', preset, '--parallel', String(availableParallelism())],
        ...(targets.length > 0 ? ['--target', ...(only ? [] : ['all']), ...targets] : []),
      ],
      { cwd: root, env, show: true },
    );
  });
}
