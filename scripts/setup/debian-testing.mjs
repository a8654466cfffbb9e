// Reads packages of Debian testing without adding testing to this system.
//
// Debian 12's own Emscripten is too old (3.1.6, no relaxed SIMD), and adding the testing suite to the machine
// would upgrade libc and half the system with it. So apt gets a second, private state in our own folder: its own
// package lists, its own cache, and an empty list of installed packages. Packages are only downloaded with it,
// never installed. The archive's address and key are the machine's own: only the suite's name is changed.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../lib/log.mjs';
import { TOOLCHAIN } from '../lib/paths.mjs';
import { run, which } from '../lib/run.mjs';
import { hashOf, isStamped, writeStamp } from '../lib/stamp.mjs';

const SUITE = 'testing';
const FOLDER = join(TOOLCHAIN, 'apt');
const CONFIG = join(FOLDER, 'apt.conf');

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

/** The fields of each paragraph of a deb822 file; comments and continuation lines are not needed here. */
function parseDeb822(text) {
  return text.split(/\n\s*\n/).map((paragraph) => {
    const fields = {};
    for (const line of paragraph.split('\n')) {
      const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (match) fields[match[1].toLowerCase()] = match[2].trim();
    }
    return fields;
  });
}

/** The archive this machine already uses: {uri, key}. */
function findArchive() {
  const folder = '/etc/apt/sources.list.d';
  const files = existsSync(folder) ? readdirSync(folder) : [];
  for (const file of files.filter((name) => name.endsWith('.sources'))) {
    for (const fields of parseDeb822(readIfThere(join(folder, file)))) {
      const isMainArchive = /^debian/.test(file) && !/-security/.test(fields.suites ?? '');
      if (fields.uris && isMainArchive) {
        return { uri: fields.uris.split(/\s+/)[0], key: fields['signed-by'] ?? null };
      }
    }
  }
  const lists = [
    '/etc/apt/sources.list',
    ...files.filter((n) => n.endsWith('.list')).map((n) => join(folder, n)),
  ];
  for (const line of lists.flatMap((path) => readIfThere(path).split('\n'))) {
    const match = /^deb\s+(?:\[(.*?)\]\s+)?(\S+\/debian\/?)\s+\S+\s+.*\bmain\b/.exec(line);
    if (match) return { uri: match[2], key: /signed-by=(\S+)/.exec(match[1] ?? '')?.[1] ?? null };
  }
  return null;
}

export function isAvailable() {
  return which('apt-get') !== null && which('dpkg-deb') !== null && findArchive() !== null;
}

function writeState(archive) {
  for (const folder of [
    'lists/partial',
    'cache/archives/partial',
    'debs',
    'preferences.d',
    'sources.d',
  ]) {
    mkdirSync(join(FOLDER, folder), { recursive: true });
  }
  writeFileSync(join(FOLDER, 'status'), '');
  const signedBy = archive.key ? `Signed-By: ${archive.key}\n` : '';
  writeFileSync(
    join(FOLDER, 'sources.d', 'testing.sources'),
    `Types: deb deb-src\nURIs: ${archive.uri}\nSuites: ${SUITE}\nComponents: main\n${signedBy}`,
  );
  // The machine's apt.conf.d (proxies, certificates) is still read before this file, and so still applies.
  const settings = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': join(FOLDER, 'sources.d'),
    'Dir::Etc::Preferences': '/dev/null',
    'Dir::Etc::PreferencesParts': join(FOLDER, 'preferences.d'),
    'Dir::State': FOLDER,
    'Dir::State::Lists': join(FOLDER, 'lists'),
    'Dir::State::Status': join(FOLDER, 'status'),
    'Dir::Cache': join(FOLDER, 'cache'),
    // A mirror that is a snapshot of testing has an expired Release file; every download is hashed all the same.
    'Acquire::Check-Valid-Until': 'false',
    'Acquire::Languages': 'none',
    'APT::Install-Recommends': 'false',
    // Root's apt would otherwise download as user _apt, who may not write into a private folder.
    'APT::Sandbox::User': 'root',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";`);
  writeFileSync(CONFIG, `${lines.join('\n')}\n`);
}

// The configuration travels as an argument of these calls alone. As the environment variable APT_CONFIG it could
// leak into an ordinary `apt-get install`, which would then upgrade the machine from testing.
const apt = (args, options) => run('apt-get', ['-c', CONFIG, '-q', ...args], options);

/** Writes the private state and fetches the package lists, once. */
export async function prepareTesting() {
  const archive = findArchive();
  if (archive === null) throw new UserError('no Debian archive is configured in /etc/apt');
  const inputs = hashOf(archive, SUITE);
  if (isStamped('apt-testing', inputs) && existsSync(CONFIG)) return;
  writeState(archive);
  await apt(['update']);
  writeStamp('apt-testing', inputs);
}

/** Downloads a binary package and all it depends on, libc included; returns the .deb files. */
export async function downloadPackages(names) {
  await apt(['install', '--yes', '--download-only', ...names]);
  const folder = join(FOLDER, 'cache', 'archives');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(folder, name));
}

/** Downloads the upstream tarball of a source package; returns its path. */
export async function downloadSource(name) {
  const folder = join(FOLDER, 'sources', name);
  mkdirSync(folder, { recursive: true });
  // --tar-only: mirrors that keep only what is needed may lack the .dsc files, and only the tarball is wanted.
  await apt(['source', '--tar-only', '--download-only', name], { cwd: folder });
  const tarball = readdirSync(folder).find((file) => /\.orig\.tar\.[a-z0-9]+$/.test(file));
  if (!tarball) throw new UserError(`apt-get source ${name} brought no .orig tarball`);
  return join(folder, tarball);
}
