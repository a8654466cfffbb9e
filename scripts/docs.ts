// `npm run docs`: the documents that are written from the source, and a look at all others.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readApi } from './docs/api-model.ts';
import { deadLinks } from './docs/links.ts';
import { llmsText } from './docs/llms.ts';
import { referenceText } from './docs/reference.ts';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';

const HELP = `npm run docs [-- OPTIONS]

Writes docs/reference.md from the doc blocks of the public API, and llms.txt from the other documents. Needs
\`npm run build\`. Fails where a public name has no doc block, or a link within the repository leads nowhere.

  --check   write nothing: fail, too, where a file is not as it would be written
  --help    this text
`;

/** Writes a file, or fails where it is another. */
function put(name: string, text: string, check: boolean): void {
  const path = join(ROOT, name);
  if (!check) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text)
    throw new UserError(`${name} is stale: npm run docs`);
}

await runMain(async () => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean', default: false }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const { model, faults } = await readApi();
  if (faults.length > 0) throw new UserError(`the doc blocks are not right:\n${faults.join('\n')}`);
  put('docs/reference.md', referenceText(model), values.check);
  put('llms.txt', llmsText(), values.check);
  const dead = await deadLinks();
  if (dead.length > 0) throw new UserError(`links that lead nowhere:\n${dead.join('\n')}`);
  log('every public name has its place, and every link its target');
});
