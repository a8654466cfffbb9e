// What `npm run release` wants of a commit, in repositories of their own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { promisify } from 'node:util';
import { ROOT } from '../../../scripts/lib/paths.mjs';

const execute = promisify(execFile);
const AUTHOR = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];

let folder: string;

const git = (...args: string[]) => execute('git', [...AUTHOR, ...args], { cwd: folder });
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tessera-release-'));
  write('package.json', JSON.stringify({ name: 'released', version: '1.2.3', license: 'MIT' }));
  write('CHANGELOG.md', '# Changelog\n\n## 1.2.3 - 2026-01-02\n\n- First\n');
  write('.gitignore', '*.tgz\n');
  await git('init', '-q');
  await git('add', '.');
  await git('commit', '-qm', 'A release');
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a dry run prints, or fails with. */
const release = () =>
  execute(process.execPath, [join(ROOT, 'scripts', 'release.mjs'), '--dry-run'], { cwd: folder });

test('a clean commit with its tag and changelog is packed, and nothing is published', async () => {
  await git('tag', 'v1.2.3');
  assert.equal((await release()).stdout, 'npm publish released-1.2.3.tgz\n');
});

test('each thing that is missing is named', async () => {
  write('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-01-02\n');
  await assert.rejects(release(), ({ message }: Error) => {
    for (const words of ['not clean', 'no tag v1.2.3', "'## Unreleased'"]) {
      assert.ok(message.includes(words), `${words} in ${message}`);
    }
    return true;
  });
});
