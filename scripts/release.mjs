#!/usr/bin/env node
// `npm run release`: everything before `npm publish`, which a person runs.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { log, runMain, step, UserError } from './lib/log.mjs';
import { run } from './lib/run.mjs';

const HELP = `npm run release [-- --dry-run]

Makes the archive of a release: looks whether the tree is clean, the commit has the version's tag and the changelog a
section of its own for it; runs all tests; packs. Publishes nothing: it prints the command that does.

  --dry-run  without the tests
  --help     this text
`;

/** What stands in the way of a release of the folder's package, one sentence each. */
async function faultsOf({ version }) {
  const git = async (...args) => (await run('git', args)).stdout.trim();
  const faults = [];
  if ((await git('status', '--porcelain')) !== '')
    faults.push('the tree is not clean: commit first');
  const tags = (await git('tag', '--points-at', 'HEAD')).split('\n');
  if (!tags.includes(`v${version}`)) {
    faults.push(`the commit has no tag v${version}: git tag v${version}`);
  }
  const changes = existsSync('CHANGELOG.md') ? readFileSync('CHANGELOG.md', 'utf8') : '';
  const [first = ''] = changes.match(/^## .*$/m) ?? [];
  if (first.split(' ')[1] !== version) {
    faults.push(`CHANGELOG.md begins with '${first}': name it '## ${version} - DATE'`);
  }
  return faults;
}

async function pack() {
  const { stdout } = await run('npm', ['pack', '--json']);
  const [{ filename, integrity }] = JSON.parse(stdout);
  log(`    ${filename}: ${statSync(filename).size} bytes, ${integrity}`);
  return filename;
}

await runMain(async () => {
  const { values } = parseArgs({
    options: { 'dry-run': { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const faults = await faultsOf(JSON.parse(readFileSync('package.json', 'utf8')));
  if (faults.length > 0) throw new UserError(`this is no release:\n  ${faults.join('\n  ')}`);
  if (!values['dry-run']) {
    await step('All tests', () => run('npm', ['test'], { show: true }).then(() => ''));
  }
  const archive = await pack();
  process.stdout.write(`npm publish ${archive}\n`);
});
