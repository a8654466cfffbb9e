#!/usr/bin/env node
// `npm test`: sets up and builds what is missing, then runs every test under one runner, whose
// summary is the last thing printed. Uses Node's builtins only until the build is done.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, step, UserError } from './lib/log.mjs';
import { ROOT } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { setUpTraining } from './setup/training.mjs';

const HELP = `npm test [-- OPTIONS] [-- FILE...]

Sets up the tool chain, builds everything, and runs all tests: formatting and lint, the C++ core
natively (with sanitizers) and as wasm, the library and the command line in Node, the pages in
Chromium, the training recipe in Python.

  --no-build   run the tests on what is built already
  --help       this text

FILE limits the run to some test files, such as tests/web/integration/operators.test.ts.
`;

const FOLDERS = [
  ...['tests/checks', 'tests/web/browser', 'tests/networks', 'tests/web/integration'],
  ...['tests/web/unit', 'tests/fuzz', 'tests/soak'],
];

// They take minutes each: begun last, one of them would run alone in the end.
const LONGEST = [
  'tests/checks/style.test.mjs',
  'tests/web/integration/shipped-models.test.ts',
  'tests/networks/networks.test.ts',
];

/** Every test file: the longest first, the others in the order of FOLDERS. */
function allTestFiles() {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true })
      .filter((name) => /\.test\.(ts|mjs)$/.test(name))
      .sort()
      .map((name) => join(folder, name)),
  );
  return [...new Set([...LONGEST, ...files])];
}

const runScript = (name, args = []) =>
  run(process.execPath, [join('scripts', name), ...args], { cwd: ROOT, show: true });

async function build() {
  await step('Set-up', () => runScript('setup.mjs'));
  // Downloading and unpacking PyTorch leaves the processors idle, which compiling does not.
  await Promise.all([setUpTraining(), step('Build', () => runScript('build.mjs', ['--tests']))]);
}

/** Runs Node's test runner and resolves with its exit code. */
function runTests(files) {
  const args = [
    '--import=tsx',
    '--test',
    '--test-reporter=spec',
    // Against a hang, not against slowness: no test fails because the machine is busy.
    '--test-timeout=3600000',
    `--test-concurrency=${Math.min(2, availableParallelism())}`,
    ...files,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

await runMain(async () => {
  const { values, positionals } = parseArgs({
    options: { 'no-build': { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!values['no-build']) await build();
  const files = positionals.length > 0 ? positionals : allTestFiles();
  if (files.length === 0) throw new UserError('no test files found');
  process.exitCode = await runTests(files);
});
