// What the training recipe needs: Python with PyTorch and onnx. Only training and its tests use it.

import { spawnSync } from 'node:child_process';
import { step, warn } from '../lib/log.mjs';
import { run, which } from '../lib/run.mjs';

const PACKAGES = [
  'python3-torch',
  'python3-onnx',
  'python3-numpy',
  'python3-pil',
  'python3-matplotlib',
];

/** The first Python that has all modules, or null. */
export function findTrainingPython() {
  const candidates = [process.env.TESSERA_PYTHON, 'python3', '/usr/bin/python3'];
  const imports = 'import torch, onnx, numpy, PIL, matplotlib';
  const works = (python) => spawnSync(python, ['-c', imports]).status === 0;
  return candidates.find((python) => python && works(python)) ?? null;
}

export async function setUpTraining() {
  await step('Python for training', async () => {
    const found = findTrainingPython();
    if (found !== null) return found;
    if (process.getuid?.() === 0 && which('apt-get') !== null) {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['-q', 'update'], { env });
      await run('apt-get', ['-q', 'install', '--yes', '--no-install-recommends', ...PACKAGES], {
        env,
      });
      const installed = findTrainingPython();
      if (installed !== null) return `installed, ${installed}`;
    }
    warn(
      `no Python with PyTorch: training is not possible and its tests are skipped (Debian: ${PACKAGES.join(' ')})`,
    );
    return 'not available';
  });
}
