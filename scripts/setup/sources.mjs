// XNNPACK and the small libraries it stands on, as unpacked sources at the pinned versions; for the
// kernel benchmarks also Google Benchmark.

import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { step, UserError, warn } from '../lib/log.mjs';
import { TOOLCHAIN } from '../lib/paths.mjs';
import { run } from '../lib/run.mjs';
import { hashOf, isStamped, sha256OfFile, writeStamp } from '../lib/stamp.mjs';
import { downloadSource, isAvailable, prepareTesting } from './debian-testing.mjs';

const PINS = JSON.parse(
  readFileSync(fileURLToPath(new URL('./pins.json', import.meta.url)), 'utf8'),
);

const folderOf = (name) => join(TOOLCHAIN, 'sources', name);

/** Some tarballs have one folder at the top and some have the files themselves there: both end up the same. */
async function unpackTarball(tarball, target) {
  const scratch = `${target}.unpacking`;
  rmSync(scratch, { recursive: true, force: true });
  rmSync(target, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });
  await run('tar', ['-xf', tarball, '-C', scratch]);
  const entries = readdirSync(scratch, { withFileTypes: true });
  const isWrapped = entries.length === 1 && entries[0].isDirectory();
  renameSync(isWrapped ? join(scratch, entries[0].name) : scratch, target);
  rmSync(scratch, { recursive: true, force: true });
}

async function fromDebian(name, pin) {
  await prepareTesting();
  const tarball = await downloadSource(name);
  if (sha256OfFile(tarball) !== pin.sha256) {
    warn(
      `${name}: Debian testing has moved on to ${basename(tarball)}; this project is tested with ${pin.tarball}. ` +
        'Going on with the newer one; if the build fails, give the pinned sources by TESSERA_SOURCES.',
    );
  }
  await unpackTarball(tarball, folderOf(name));
}

async function fromGit(name, pin) {
  const target = folderOf(name);
  rmSync(target, { recursive: true, force: true });
  // The pins are abbreviated commits, which cannot be fetched by themselves: a clone without file contents can find them.
  await run('git', [
    'clone',
    '--quiet',
    '--filter=blob:none',
    '--no-checkout',
    pin.upstream,
    target,
  ]);
  await run('git', ['-C', target, 'checkout', '--quiet', pin.commit]);
}

/** One of: the folder TESSERA_SOURCES/<name>, Debian's tarball, the upstream repository. */
async function fetchSource(name, pin) {
  const given = process.env.TESSERA_SOURCES && join(process.env.TESSERA_SOURCES, name);
  if (given) {
    if (!existsSync(given))
      throw new UserError(`TESSERA_SOURCES is set but ${given} does not exist`);
    rmSync(folderOf(name), { recursive: true, force: true });
    cpSync(given, folderOf(name), { recursive: true });
    return;
  }
  if (isAvailable()) {
    await fromDebian(name, pin);
    return;
  }
  try {
    await fromGit(name, pin);
  } catch (error) {
    throw new UserError(
      `${name} could not be fetched: this is no Debian with a reachable archive, and ${pin.upstream} cannot be ` +
        `cloned (${error.message}). Unpack commit ${pin.commit} into a folder <dir>/${name}, set TESSERA_SOURCES=<dir> ` +
        'and run this again.',
    );
  }
}

async function setUp(pins) {
  for (const [name, pin] of Object.entries(pins)) {
    await step(`Source of ${name}`, async () => {
      const inputs = hashOf(pin, process.env.TESSERA_SOURCES ?? '');
      if (!isStamped(`source-${name}`, inputs) || !existsSync(folderOf(name))) {
        await fetchSource(name, pin);
        writeStamp(`source-${name}`, inputs);
      }
      return pin.commit;
    });
  }
}

export const setUpSources = () => setUp(PINS.sources);

/** What only the benchmarks build; they call this themselves. */
export const setUpBenchmarkSources = () => setUp(PINS.benchmarkSources);
