// `npm run docs`: the documents that are written from the source.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readApi } from './docs/api-model.ts';
import { referenceText } from './docs/reference.ts';
import { log, runMain, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';

const HELP = `npm run docs [-- OPTIONS]

Writes docs/reference.md from the doc blocks of the public API. Needs \`npm run build\`.

  --check   write nothing: fail where a public name has no doc block, or the page is not as it would be written
  --help    this text
`;

const PAGE = 'docs/reference.md';

await runMain(async () => {
  const { values } = parseArgs({
    options: { check: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help === true) {
    process.stdout.write(HELP);
    return;
  }
  const { model, faults } = await readApi();
  if (faults.length > 0) throw new UserError(`the doc blocks are not right:\n${faults.join('\n')}`);
  const text = referenceText(model);
  const path = join(ROOT, PAGE);
  if (values.check !== true) writeFileSync(path, text);
  else if (readFileSync(path, 'utf8') !== text)
    throw new UserError(`${PAGE} is stale: npm run docs`);
  log(`${PAGE} has every public name`);
});
