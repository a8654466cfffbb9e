// Programs and headers of the system. On Debian and with root, what is missing is installed in one apt-get call.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CLANG_TIDY_PACKAGE, clangTidy } from '../lib/clang-tidy.mjs';
import { log, step, UserError, warn } from '../lib/log.mjs';
import { TOOLCHAIN } from '../lib/paths.mjs';
import { run, which } from '../lib/run.mjs';

const hasProgram = (name) => () => which(name) !== null;
const hasHeader = (name) => () =>
  ['/usr/include', '/usr/local/include', '/opt/homebrew/include', join(TOOLCHAIN, 'include')].some(
    (folder) => existsSync(join(folder, name)),
  );
const hasBrowser = () =>
  Boolean(process.env.CHROMIUM_PATH) ||
  ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].some(
    (n) => which(n) !== null,
  );

// `optional`: the build works without it; the text says what does not. `better`: the package to take
// instead where the system has it.
const NEEDED = [
  { debian: 'cmake', isThere: hasProgram('cmake') },
  { debian: 'ninja-build', isThere: hasProgram('ninja') },
  { debian: 'g++', isThere: () => which('g++') !== null || which('clang++') !== null },
  { debian: 'git', isThere: hasProgram('git') },
  { debian: 'python3', isThere: hasProgram('python3') },
  { debian: 'xz-utils', isThere: hasProgram('xz') },
  { debian: 'libprotozero-dev', isThere: hasHeader('protozero/pbf_reader.hpp') },
  { debian: 'doctest-dev', isThere: hasHeader('doctest/doctest.h') },
  { debian: 'libsimde-dev', isThere: hasHeader('simde/arm/neon.h') },
  {
    debian: 'patchelf',
    isThere: hasProgram('patchelf'),
    optional: 'Emscripten must then be on PATH',
  },
  {
    debian: 'dpkg-dev',
    isThere: hasProgram('dpkg-source'),
    optional: 'sources must then come from git',
  },
  {
    debian: 'ccache',
    isThere: hasProgram('ccache'),
    optional: 'a second build from nothing takes as long as the first',
  },
  {
    debian: 'chromium',
    isThere: hasBrowser,
    optional: 'the browser tests and `npm start -- --once` cannot run',
  },
  {
    debian: 'ffmpeg',
    isThere: hasProgram('ffmpeg'),
    optional: '`npm run bench:video` and its test have no clips',
  },
  {
    debian: 'clang-format',
    isThere: hasProgram('clang-format'),
    optional: 'C++ formatting is not checked',
  },
  {
    debian: 'clang-tidy',
    better: CLANG_TIDY_PACKAGE,
    isThere: () => clangTidy() !== null,
    optional: 'C++ is not linted',
  },
];

const canInstall = () => process.getuid?.() === 0 && which('apt-get') !== null;

const isKnown = async (name) =>
  (await run('apt-cache', ['show', name], { allowFailure: true })).code === 0;

/** @param {(string | { debian: string, better?: string })[]} packages */
async function install(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['-q', 'update'], { env });
  const names = [];
  for (const wanted of packages) {
    const { debian, better } = typeof wanted === 'string' ? { debian: wanted } : wanted;
    names.push(better && (await isKnown(better)) ? better : debian);
  }
  log(`    apt-get install ${names.join(' ')}`);
  await run('apt-get', ['-q', 'install', '--yes', '--no-install-recommends', ...names], { env });
}

export async function setUpSystemPackages() {
  await step('System packages', async () => {
    let missing = NEEDED.filter((entry) => !entry.isThere());
    if (missing.length === 0) return 'all there';
    if (canInstall()) {
      await install(missing);
      const installed = missing.length;
      missing = missing.filter((entry) => !entry.isThere());
      if (missing.length === 0) return `installed ${installed}`;
    }
    for (const entry of missing.filter((e) => e.optional)) {
      warn(`${entry.debian} is missing: ${entry.optional}`);
    }
    const required = missing.filter((entry) => !entry.optional).map((entry) => entry.debian);
    if (required.length > 0) {
      throw new UserError(
        `these are missing: ${required.join(', ')} (Debian's package names). Install them, for instance with ` +
          `\`sudo apt-get install ${required.join(' ')}\`, and run this again.`,
      );
    }
    return `without ${missing.map((entry) => entry.debian).join(', ')}`;
  });
}

/**
 * Installs what only one part of the project needs, and goes on without it where that fails.
 *
 * @param {string} name of the step
 * @param {{ packages: string[], find: () => string | null, without: string }} options Debian's
 *   packages; what looks for the result; what a person without it is told
 */
export async function setUpOptional(name, { packages, find, without }) {
  await step(name, async () => {
    const found = find();
    if (found !== null) return found;
    if (canInstall()) {
      await install(packages);
      const installed = find();
      if (installed !== null) return `installed, ${installed}`;
    }
    warn(without);
    return 'not available';
  });
}
