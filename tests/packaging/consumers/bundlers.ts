import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import type { Consumer } from '../consumer.ts';
import { program } from '../picture.ts';
import type { Project, Tool } from '../project.ts';

const PAGE = '<!doctype html><script type="module" src="main.js"></script>';

/** No file that was built may tell where it was built. */
function expectNoOwnPath(project: Project, folder: string): void {
  for (const name of readdirSync(project.path(folder), { recursive: true, encoding: 'utf8' })) {
    if (!/\.m?js$/.test(name)) continue;
    const text = readFileSync(project.path(folder, name), 'utf8');
    assert.ok(!text.includes(project.folder), `${name} has the path of the folder it was built in`);
  }
}

/** Tools that find the files by themselves. */
function findsFiles(name: string, tools: readonly Tool[], build: string): Consumer {
  return {
    name,
    tools,
    async check(project) {
      project.write({
        'src/main.js': program(),
        'src/threads.js': program("{ variant: 'simd-mt' }"),
        'out/index.html': PAGE,
        'out/threads.html': PAGE.replace('main', 'threads'),
        'build.mjs': build,
      });
      await project.node('build.mjs');
      expectNoOwnPath(project, 'out');
      await project.expectPage('out');
      await project.expectPage('out', 'threads.html', { isolated: true });
    },
  };
}

/** Settings that webpack and Rspack share. */
const compile = (tool: string): string => `
import bundler from '${tool}';
const compiler = bundler({
  mode: 'production',
  entry: { main: './src/main.js', threads: './src/threads.js' },
  output: { path: import.meta.dirname + '/out', publicPath: 'auto' },
});
compiler.run((error, stats) => {
  if (error) throw error;
  if (stats.hasErrors()) throw new Error(stats.toString('errors-only'));
});`;

/**
 * Tools that leave the files behind: their pages are told to pass baseUrl, and work with it.
 *
 * @param build - a program that bundles src/main.js into out/main.js
 */
function leavesFiles(name: string, tools: readonly Tool[], build: string): Consumer {
  return {
    name,
    tools,
    async check(project) {
      project.write({ 'build.mjs': build, 'out/index.html': PAGE });
      const answers: string[] = [];
      project.write({ 'src/main.js': program() });
      await project.node('build.mjs');
      await project.whileServed('out', async (url) => {
        answers.push(await project.answerAt(url));
      });
      assert.match(answers[0] ?? '', /^ERR_LOAD: .*baseUrl/);
      project.write({ 'src/main.js': program("{ baseUrl: '/tessera/' }") });
      await project.node('build.mjs');
      const dist = project.path('node_modules/tessera-sr/dist');
      cpSync(dist, project.path('out/tessera'), { recursive: true });
      await project.expectPage('out');
    },
  };
}

const ROLLUP = `
import { rollup } from 'rollup';
import resolve from '@rollup/plugin-node-resolve';
const bundle = await rollup({ input: 'src/main.js', plugins: [resolve({ browser: true })] });
await bundle.write({ dir: 'out', format: 'es' });`;

const ESBUILD = `
import { build } from 'esbuild';
await build({ entryPoints: ['src/main.js'], bundle: true, format: 'esm', outdir: 'out', target: 'es2022' });`;

const PARCEL = `
import { execFileSync } from 'node:child_process';
const args = ['build', 'src/main.js', '--dist-dir', 'out', '--no-cache', '--no-source-maps', '--no-optimize'];
execFileSync('node_modules/.bin/parcel', args, { stdio: 'inherit' });`;

export const BUNDLERS: readonly Consumer[] = [
  findsFiles('webpack', ['webpack'], compile('webpack')),
  findsFiles('webpack-oldest', ['webpack-oldest'], compile('webpack')),
  findsFiles('rspack', ['@rspack/core'], compile('@rspack/core')),
  leavesFiles('rollup', ['rollup', '@rollup/plugin-node-resolve'], ROLLUP),
  leavesFiles('esbuild', ['esbuild'], ESBUILD),
  leavesFiles('parcel', ['parcel'], PARCEL),
];
