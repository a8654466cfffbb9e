// Writes README's numbers and charts from bench/results/: `npm run bench:report`.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { log, runMain } from '../scripts/lib/log.mjs';
import { ROOT } from '../scripts/lib/paths.mjs';
import { reportFiles } from './lib/saved.ts';

const HELP = `npm run bench:report

Writes the numbers in README.md and the charts beside bench/results/*.json, which \`npm run bench --
--save\` makes. A test fails while they differ.
`;

await runMain(async () => {
  const { values } = parseArgs({ options: { help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  for (const [path, text] of reportFiles()) {
    writeFileSync(join(ROOT, path), text);
    log(`wrote ${path}`);
  }
});
