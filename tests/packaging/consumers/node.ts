// Programs and tests in Node and its likes, compilers, and what checks packages.
import assert from 'node:assert/strict';
import type { Consumer } from '../consumer.ts';
import { expectedAnswer, program, upscaling } from '../picture.ts';
import type { Project, Tool } from '../project.ts';

const PRINT = `
const wait = setInterval(() => {
  if (!globalThis.tesseraAnswer) return;
  clearInterval(wait);
  process.stdout.write(tesseraAnswer);
}, 20);`;

const TEST = `
import { expect, test } from 'vitest';
${program()}
test('it upscales', async () => {
  expect(typeof document).toBe('object');
  while (!globalThis.tesseraAnswer) await new Promise((done) => setTimeout(done, 20));
  expect(globalThis.tesseraAnswer).toBe(ANSWER);
}, 60_000);`;

const TYPED = `
import { type CreateOptions, TesseraError, Upscaler, VARIANTS } from 'tessera-sr';
export async function width(options: CreateOptions): Promise<number> {
  const upscaler = await Upscaler.create({ ...options, variant: VARIANTS[0] });
  try {
    const image = await upscaler.upscale({ data: new Uint8Array(4), width: 1, height: 1 }, { output: 'raw' });
    for await (const tile of upscaler.tiles('/picture.png')) if (tile.count > 1) return tile.width;
    return image.width;
  } catch (error) {
    return error instanceof TesseraError && error.retryable ? 0 : -1;
  } finally {
    await upscaler.dispose();
  }
}
`;

/** A strict program that checks its libraries too, for several hosts and both ways of finding them. */
async function compile(project: Project): Promise<void> {
  project.write({ 'program.ts': TYPED, 'program.cts': TYPED });
  const tsc = (
    files: string[],
    lib: string[],
    types: string[],
    module: string,
    resolution: string,
  ) => {
    const compilerOptions = {
      ...{ noEmit: true, strict: true, target: 'es2022', skipLibCheck: false },
      ...{ lib, types, module, moduleResolution: resolution },
    };
    project.write({ 'tsconfig.json': JSON.stringify({ compilerOptions, files }) });
    return project.bin('tsc');
  };
  const hosts = [
    { lib: ['es2022', 'dom'], types: [] },
    { lib: ['es2022', 'webworker'], types: [] },
    { lib: ['es2022'], types: ['node'] },
  ];
  for (const { lib, types } of hosts) {
    await tsc(['program.ts'], lib, types, 'esnext', 'bundler');
    await tsc(['program.ts', 'program.cts'], lib, types, 'node16', 'node16');
  }
}

export const NODE: readonly Consumer[] = [
  {
    name: 'node import and require',
    tools: [],
    async check(project) {
      project.write({
        'program.mjs': program() + PRINT,
        'program.cjs': `const { Upscaler } = require('tessera-sr');${upscaling()}${PRINT}`,
      });
      for (const name of ['program.mjs', 'program.cjs']) {
        assert.equal(await project.node(name), await expectedAnswer(), name);
      }
    },
  },
  ...(['deno', 'bun'] as const).map(
    (tool): Consumer => ({
      name: tool,
      tools: [tool],
      async check(project) {
        project.write({ 'program.mjs': program() + PRINT });
        const rights = tool === 'deno' ? ['--allow-all'] : [];
        const answer = await project.bin(tool, 'run', ...rights, 'program.mjs');
        assert.equal(answer, await expectedAnswer());
      },
    }),
  ),
  {
    name: 'vitest with jsdom',
    tools: ['vitest', 'jsdom'],
    async check(project) {
      project.write({
        'upscale.test.js': TEST.replace('ANSWER', JSON.stringify(await expectedAnswer())),
      });
      await project.bin('vitest', 'run', '--environment', 'jsdom');
    },
  },
  ...(['typescript', 'typescript-5.9', 'typescript-5.6', 'typescript-5.4'] as Tool[]).map(
    (tool): Consumer => ({ name: tool, tools: [tool, '@types/node'], check: compile }),
  ),
  {
    name: 'publint',
    tools: ['publint'],
    async check(project) {
      await project.bin('publint', 'node_modules/tessera-sr', '--strict');
    },
  },
  {
    name: 'arethetypeswrong',
    tools: ['@arethetypeswrong/cli'],
    async check(project) {
      // Addresses of files are for servers and bundlers; no program imports them. The element is a module for pages.
      const files = [
        './tessera.js',
        './worker.mjs',
        './integrity.json',
        './package.json',
        './element.js',
        './element',
      ];
      await project.bin('attw', project.archive, '--exclude-entrypoints', ...files);
    },
  },
];
