// The project's own C++ files.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** Paths below the repository's root of all .h and .cc files in `folders`. */
export function cppFiles(folders = ['src', 'tests/cpp', 'tests/fuzz', 'bench/cpp']) {
  return folders.flatMap((folder) => {
    const names = readdirSync(join(ROOT, folder), { recursive: true });
    return names.filter((name) => /\.(h|cc)$/.test(name)).map((name) => join(folder, name));
  });
}
