// The peers, as a site would have them: installed from npm and bundled.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { UserError } from '../../scripts/lib/log.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';

const FOLDER = join(ROOT, 'bench', 'web');
const PAGES = '/out/bench/page/';

/** Installs exactly what bench/web/package-lock.json names, unless that is there. */
export async function installPeers(): Promise<void> {
  const lock = readFileSync(join(FOLDER, 'package-lock.json'), 'utf8');
  const installed = join(FOLDER, 'node_modules', '.package-lock.json');
  if (existsSync(installed) && sameVersions(lock, readFileSync(installed, 'utf8'))) return;
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', args, { cwd: FOLDER, show: true });
}

type Lock = { packages: Record<string, { version?: string; optional?: boolean }> };

/** Optional packages may be left out of an installation. */
function sameVersions(wanted: string, installed: string): boolean {
  const there = (JSON.parse(installed) as Lock).packages;
  return Object.entries((JSON.parse(wanted) as Lock).packages).every(
    ([path, { version, optional }]) => path === '' || optional || there[path]?.version === version,
  );
}

/** The installed version of a package. */
export function versionOf(name: string | null): string {
  const folder = name === null ? ROOT : join(FOLDER, 'node_modules', name);
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
}

/** Bundles and minifies the pages' sides; `pageUrl` names the results. */
export async function bundlePages(pages: readonly string[]): Promise<void> {
  await build({
    entryPoints: pages.map((page) => join(FOLDER, 'page', 'subjects', page)),
    outdir: join(ROOT, PAGES),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
    absWorkingDir: ROOT,
  }).catch((error: unknown) => {
    throw new UserError(`the pages cannot be bundled: ${String(error)}`);
  });
}

export const pageUrl = (page: string): string => `${PAGES}${page}`;
