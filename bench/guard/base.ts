// The base that the work tree is compared with: a commit in a folder of its own, built there.

import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { step, UserError } from '../../scripts/lib/log.mjs';
import { buildPreset } from '../../scripts/lib/native-build.mjs';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { toolchainOf } from './toolchain.ts';

/** The variant that current browsers get, and the only one that is built of the base. */
export const PRESET = 'relaxed';

async function git(...args: string[]): Promise<string> {
  return (await run('git', args, { cwd: ROOT })).stdout.trim();
}

/** Checks a commit out, by default where this branch left main; returns the folder. */
export async function checkOutBase(commit: string | undefined): Promise<string> {
  const name = await git('rev-parse', commit ?? (await git('merge-base', 'HEAD', 'main')));
  const folder = join(ROOT, 'out', 'guard', name);
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    await git('worktree', 'add', '--detach', folder, name);
  }
  const modules = join(folder, 'node_modules');
  if (!existsSync(modules)) symlinkSync(join(ROOT, 'node_modules'), modules);
  return folder;
}

const environmentOf = (folder: string) => ({
  ...process.env,
  TESSERA_TOOLCHAIN: toolchainOf(folder),
});

/** Builds the library of a checkout, once; returns its dist/. */
export async function buildBaseDist(folder: string): Promise<string> {
  const dist = join(folder, 'dist');
  if (!existsSync(join(dist, 'tessera.mjs'))) {
    const env = environmentOf(folder);
    await step(`library of ${relative(ROOT, folder)}`, async () => {
      await run('npm', ['run', 'build', '--', '--preset', PRESET], {
        cwd: folder,
        env,
        show: true,
      });
    });
  }
  return dist;
}

/** Whether the program of bench/cpp is built in a checkout. */
export const hasKernels = (folder: string): boolean =>
  existsSync(join(folder, 'build', PRESET, 'tessera_bench.mjs'));

/** Builds the program of bench/cpp in a checkout, once. */
export async function buildBaseKernels(folder: string): Promise<void> {
  if (hasKernels(folder)) return;
  if (!existsSync(join(folder, 'bench', 'cpp'))) {
    throw new UserError(`the base commit has no kernel benchmarks: add --only tiles`);
  }
  const where = { root: folder, env: environmentOf(folder) };
  await buildPreset(PRESET, ['tessera_bench'], { only: true, ...where });
}

/** A folder's address on the server, which serves the whole repository. */
export function addressOf(folder: string): string {
  const path = relative(ROOT, resolve(folder));
  if (path.startsWith('..')) throw new UserError(`${folder} is not inside ${ROOT}`);
  return path === '' ? '' : `/${path}`;
}

/** The same of a dist/. */
export function distAddress(folder: string): string {
  if (!existsSync(join(folder, 'tessera.mjs'))) {
    throw new UserError(`${folder} holds no tessera.mjs: run \`npm run build\` first`);
  }
  return `${addressOf(folder)}/`;
}
