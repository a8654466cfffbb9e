// What the training recipe needs: Python with PyTorch and onnx. Only training and its tests use it.

import { spawnSync } from 'node:child_process';
import { setUpOptional } from './system-packages.mjs';

const PACKAGES = [
  'python3-torch',
  'python3-onnx',
  'python3-numpy',
  'python3-pil',
  'python3-matplotlib',
  'libopenblas0-pthread', // or matrices are multiplied by reference code
];

/** The first Python that has all modules, or null. */
export function findTrainingPython() {
  const candidates = [process.env.TESSERA_PYTHON, 'python3', '/usr/bin/python3'];
  const imports = 'import torch, onnx, numpy, PIL, matplotlib';
  const works = (python) => spawnSync(python, ['-c', imports]).status === 0;
  return candidates.find((python) => python && works(python)) ?? null;
}

export const setUpTraining = () =>
  setUpOptional('Python for training', {
    packages: PACKAGES,
    find: findTrainingPython,
    without: `no Python with PyTorch: training is not possible and its tests are skipped (Debian: ${PACKAGES.join(' ')})`,
  });
