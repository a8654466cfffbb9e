// Emscripten: the one on PATH when it is new enough, else a private copy unpacked from Debian testing.

import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import {
  emscriptenPrefix,
  findEmscripten,
  MINIMUM_EMSCRIPTEN,
  pathEmscriptenVersion,
} from '../lib/emscripten.mjs';
import { log, step, UserError } from '../lib/log.mjs';
import { run, which } from '../lib/run.mjs';
import { isStamped, writeStamp } from '../lib/stamp.mjs';
import { downloadPackages, isAvailable, prepareTesting } from './debian-testing.mjs';

const RECIPE = 'emscripten-prefix-1';

// Dependencies that Emscripten never runs here: the machine's own Python and Node are used, and nothing is compiled
// for the machine itself.
const NOT_NEEDED =
  /^(python3|libpython3|nodejs|libnode|gcc-|libgcc-\d+-dev|libstdc\+\+-\d+-dev|libobjc|libc6-dev|linux-libc-dev|binutils|lib[alt]san|libhwasan|ccache|tzdata|debconf)/;

async function unpack(debs, prefix) {
  for (const deb of debs) await run('dpkg-deb', ['-x', deb, prefix]);
}

/** Absolute links inside the packages point into `/`: make them point into the prefix. */
function relinkInto(prefix, folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) relinkInto(prefix, path);
    if (!entry.isSymbolicLink()) continue;
    const target = readlinkSync(path);
    if (!target.startsWith('/') || !existsSync(join(prefix, target))) continue;
    unlinkSync(path);
    symlinkSync(relative(dirname(path), join(prefix, target)), path);
  }
}

function isElf(path) {
  const stat = lstatSync(path);
  if (!stat.isFile() || stat.size < 64) return false;
  const magic = Buffer.alloc(4);
  const file = openSync(path, 'r');
  readSync(file, magic, 0, 4, 0);
  closeSync(file);
  return magic.equals(Buffer.from('\x7fELF', 'latin1'));
}

const elfFiles = (folder, accept) =>
  readdirSync(folder)
    .filter(accept)
    .map((name) => join(folder, name))
    .filter(isElf);

/**
 * The programs were built against a newer libc than the machine's. Each is told to start with the prefix's own
 * loader and to look for libraries in the prefix only; nothing outside the prefix ever sees that libc.
 */
async function bindToPrefix(prefix, triplet, llvm) {
  const libraries = join(prefix, 'usr', 'lib', triplet);
  const loaderFolder = [libraries, join(prefix, 'usr', 'lib64')].find(
    (folder) => existsSync(folder) && readdirSync(folder).some((name) => /^ld-linux/.test(name)),
  );
  if (!loaderFolder) throw new UserError(`no ld-linux loader under ${prefix}/usr`);
  const loader = join(
    loaderFolder,
    readdirSync(loaderFolder).find((name) => /^ld-linux/.test(name)),
  );
  const rpath = `${libraries}:${join(llvm, 'lib')}`;
  const programs = [
    ...elfFiles(join(llvm, 'bin'), () => true),
    ...elfFiles(join(prefix, 'usr', 'bin'), (name) => /^(wasm|clang|lld|llvm)/.test(name)),
  ];
  for (const program of programs) {
    await run('patchelf', [
      '--set-interpreter',
      loader,
      '--force-rpath',
      '--set-rpath',
      rpath,
      program,
    ]);
  }
  const own = (name) => /^lib(LLVM|clang|binaryen)/.test(name) && /\.so/.test(name);
  const binaryen = join(libraries, 'binaryen');
  const folders = [libraries, join(llvm, 'lib'), ...(existsSync(binaryen) ? [binaryen] : [])];
  for (const library of folders.flatMap((folder) => elfFiles(folder, own))) {
    await run('patchelf', ['--force-rpath', '--set-rpath', `${rpath}:${binaryen}`, library]);
  }
}

/**
 * Emscripten's own scripts import `acorn`. Debian's Node looks for packages in /usr/share/nodejs; for any other Node
 * this link gives both the scripts and the packages themselves a node_modules folder among their parents.
 */
function linkNodeModules(prefix) {
  symlinkSync('nodejs', join(prefix, 'usr', 'share', 'node_modules'));
  // Without a package.json of its own the prefix would take `"type": "module"` from this repository's, and
  // Emscripten's CommonJS files would be read as modules.
  writeFileSync(join(prefix, 'package.json'), '{"type": "commonjs"}\n');
}

/**
 * Lies beside emcc, where it is found without any environment variable: CMake, Ninja and a person at the shell need
 * nothing but the path of em++.
 */
function writeConfig(prefix, llvm) {
  const root = join(prefix, 'usr', 'share', 'emscripten');
  const cache = join(prefix, 'cache');
  mkdirSync(cache, { recursive: true });
  const lines = {
    EMSCRIPTEN_ROOT: root,
    LLVM_ROOT: join(llvm, 'bin'),
    BINARYEN_ROOT: join(prefix, 'usr'),
    NODE_JS: process.execPath,
    CACHE: cache,
    // Debian's build of Emscripten calls clang-21; inside the prefix it is plain clang.
    LLVM_ADD_VERSION: '',
    CLANG_ADD_VERSION: '',
  };
  const text = Object.entries(lines).map(([name, value]) => `${name} = '${value}'\n`);
  writeFileSync(join(root, '.emscripten'), text.join(''));
}

async function buildPrefix() {
  const missing = ['patchelf', 'dpkg-deb', 'python3'].filter((program) => which(program) === null);
  if (!isAvailable() || missing.length > 0) {
    const found = pathEmscriptenVersion();
    const reason = found ? `the emcc on PATH is ${found}` : 'there is no emcc on PATH';
    throw new UserError(
      `Emscripten ${MINIMUM_EMSCRIPTEN} or newer is needed and ${reason}. ` +
        `Without Debian's apt${missing.length ? ` and ${missing.join(', ')}` : ''} it cannot be fetched from here: ` +
        'install emsdk (https://emscripten.org/docs/getting_started/downloads.html), activate it, and run this again.',
    );
  }
  await prepareTesting();
  const debs = await downloadPackages(['emscripten']);
  const prefix = emscriptenPrefix();
  rmSync(prefix, { recursive: true, force: true });
  mkdirSync(prefix, { recursive: true });
  await unpack(
    debs.filter((deb) => !NOT_NEEDED.test(basename(deb))),
    prefix,
  );
  relinkInto(prefix, prefix);

  const lib = join(prefix, 'usr', 'lib');
  const llvmName = readdirSync(lib).find((name) => /^llvm-\d+$/.test(name));
  const triplet = readdirSync(lib).find((name) => /-linux-gnu$/.test(name));
  if (!llvmName || !triplet) throw new UserError(`no LLVM was unpacked under ${lib}`);
  await bindToPrefix(prefix, triplet, join(lib, llvmName));
  linkNodeModules(prefix);
  writeConfig(prefix, join(lib, llvmName));
}

export async function setUpEmscripten() {
  await step('Emscripten', async () => {
    let emscripten = findEmscripten();
    if (emscripten === null || (emscripten.isPrivate && !isStamped('emscripten', RECIPE))) {
      log('    downloading and unpacking a private copy (about 150 MB, a minute)');
      await buildPrefix();
      emscripten = findEmscripten();
      if (emscripten === null)
        throw new UserError('the unpacked emcc does not run; see the message above');
      writeStamp('emscripten', RECIPE);
    }
    return `${emscripten.version} (${emscripten.isPrivate ? 'private copy' : 'from PATH'})`;
  });
}
