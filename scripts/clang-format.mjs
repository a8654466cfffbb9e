// Formats the C++ files: `npm run format` calls it with --write; without, it only checks.

import { parseArgs } from 'node:util';
import { cppFiles } from './lib/cpp-files.mjs';
import { runMain } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';

await runMain(async () => {
  const { values } = parseArgs({ options: { write: { type: 'boolean' } } });
  const mode = values.write ? ['-i'] : ['--dry-run', '--Werror'];
  await run('clang-format', [...mode, ...cppFiles()], { cwd: ROOT });
});
