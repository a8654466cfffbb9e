#!/usr/bin/env node
// Lints the C++ core with clang-tidy, file by file, and remembers what was found clean: a file is looked at again when
// it, a header it includes, its compile command, the rules or the tool have changed.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { clangTidy } from './lib/clang-tidy.mjs';
import { log, runMain, UserError } from './lib/log.mjs';
import { BUILD, ROOT, TOOLCHAIN } from './lib/paths.mjs';
import { run, versionLine } from './lib/run.mjs';

const HELP = `node scripts/clang-tidy.mjs [--all] [FILE...]

Runs clang-tidy by the rules of .clang-tidy over src/, as preset asan compiles it
(\`npm run build -- --preset asan\`).

  --all   also files that were found clean before
  --help  this text

FILE limits it to some files, such as src/engine/session.cc.
`;

const SOURCES = join(ROOT, 'src');
const CLEAN = join(TOOLCHAIN, 'clang-tidy');

/** `file`'s compile command by path, for the files in src/. */
function compileCommands() {
  const database = join(BUILD, 'asan', 'compile_commands.json');
  if (!existsSync(database)) {
    throw new UserError(`${relative(ROOT, database)} is missing: npm run build -- --preset asan`);
  }
  const entries = JSON.parse(readFileSync(database, 'utf8'));
  return new Map(
    entries.filter((e) => e.file.startsWith(`${SOURCES}/`)).map((e) => [e.file, e.command]),
  );
}

/** Adds to `seen` the text of `file` and of what it includes of this project, by path. */
function readWithHeaders(file, seen = new Map()) {
  if (seen.has(file) || !existsSync(file)) return seen;
  const text = readFileSync(file, 'utf8');
  seen.set(file, text);
  for (const [, name] of text.matchAll(/^#include "([^"]+)"/gm)) {
    readWithHeaders(join(SOURCES, name), seen);
    readWithHeaders(join(dirname(file), name), seen);
  }
  return seen;
}

/** Names everything that the verdict on `file` depends on. */
function fingerprint(file, command, tool) {
  const hash = createHash('sha256');
  hash.update(tool + EXTRA_ARGUMENTS);
  // The checkout's place does not matter.
  hash.update(command.replaceAll(ROOT, ''));
  hash.update(readFileSync(join(ROOT, '.clang-tidy')));
  for (const text of readWithHeaders(file).values()) hash.update(text);
  return hash.digest('hex');
}

// The compile commands are GCC's, with warnings that clang does not know. And the analyzer follows a third of the paths
// through a function that it would by itself: a few functions take most of the time.
const EXTRA_ARGUMENTS = [
  '-Wno-unknown-warning-option',
  ...['-Xclang', '-analyzer-config', '-Xclang', 'max-nodes=75000'],
].map((argument) => `--extra-arg=${argument}`);

/** What clang-tidy says about `file`: empty when it is clean. */
async function lint(program, file) {
  const { code, stdout } = await run(
    program,
    ['--quiet', ...EXTRA_ARGUMENTS, '-p', join(BUILD, 'asan'), file],
    { cwd: ROOT, allowFailure: true },
  );
  return code === 0 ? '' : stdout || `clang-tidy failed with exit code ${code}`;
}

/**
 * Lints as many files at a time as there are processors and prints what is found. Resolves with the
 * number of files in which something was.
 */
async function lintAll(program, tasks) {
  const waiting = [...tasks];
  let dirty = 0;
  let done = 0;
  const worker = async () => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const found = await lint(program, task.file);
      if (found) process.stdout.write(`${found.trim()}\n\n`);
      else writeFileSync(task.marker, '');
      dirty += found ? 1 : 0;
      done += 1;
      if (done % 20 === 0) log(`clang-tidy: ${done} of ${tasks.length} files`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return dirty;
}

await runMain(async () => {
  const { values, positionals } = parseArgs({
    options: { all: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const program = clangTidy();
  if (program === null) throw new UserError('clang-tidy is not installed: npm run setup');
  const tool = versionLine(program) + versionLine('c++');
  mkdirSync(CLEAN, { recursive: true });

  const commands = compileCommands();
  const files = positionals.length > 0 ? positionals.map((f) => join(ROOT, f)) : commands.keys();
  const tasks = [];
  for (const file of files) {
    const command = commands.get(file);
    if (!command) throw new UserError(`${relative(ROOT, file)} is not a source file of the core`);
    const marker = join(CLEAN, fingerprint(file, command, tool));
    if (values.all || !existsSync(marker)) tasks.push({ file, marker });
  }
  const dirty = await lintAll(program, tasks);
  if (dirty > 0) throw new UserError(`clang-tidy found something in ${dirty} files`);
  log(`clang-tidy: ${tasks.length} files looked at, all clean`);
});
