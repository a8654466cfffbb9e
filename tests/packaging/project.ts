// A user's project: a temporary folder with the packed library and a tool, both as npm installs them.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { type ServeOptions, serve } from '../../scripts/lib/serve.mjs';
import { expectedAnswer } from './picture.ts';
import versions from './versions.json' with { type: 'json' };

export type Tool = keyof typeof versions;

const ANSWER_MS = 90_000;
const TOOL_MS = 300_000;

/** Packs the library, as it would be published. Gives the path of the archive. */
export async function pack(folder: string): Promise<string> {
  await runTool('npm', ['pack', '--silent', '--pack-destination', folder], ROOT);
  return join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')) as string);
}

/** The version a tool is tried in. */
export const versionOf = (tool: Tool): string => versions[tool].replace(/^npm:.*@/, '');

/** Runs a program to its end and gives what it wrote; fails with that when it fails. */
async function runTool(program: string, args: readonly string[], cwd: string): Promise<string> {
  const child = start(program, args, cwd);
  const timer = setTimeout(() => child.kill('SIGKILL'), TOOL_MS);
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  child.stderr?.on('data', (data) => {
    output += data;
  });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  clearTimeout(timer);
  if (code !== 0) {
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${output.slice(-3000)}`);
  }
  return output;
}

function start(program: string, args: readonly string[], cwd: string): ChildProcess {
  const env = { ...process.env, CI: '1', NO_COLOR: '1', DO_NOT_TRACK: '1', ...QUIET };
  return spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

// No tool is to report anything to its makers.
const QUIET = {
  NEXT_TELEMETRY_DISABLED: '1',
  ASTRO_TELEMETRY_DISABLED: '1',
  NUXT_TELEMETRY_DISABLED: '1',
  NG_CLI_ANALYTICS: 'false',
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

async function untilAnswered(page: Page): Promise<string | undefined> {
  const end = Date.now() + ANSWER_MS;
  while (Date.now() < end) {
    // Development servers load a page again once they know what it imports, which ends an evaluation.
    const answer = await page
      .evaluate(() => (globalThis as { tesseraAnswer?: string }).tesseraAnswer)
      .catch(() => undefined);
    if (answer !== undefined) return answer;
    await new Promise((done) => setTimeout(done, 100));
  }
  return undefined;
}

export class Project {
  readonly folder: string;
  readonly browser: Browser;
  /** The packed library. */
  archive = '';
  #installed = false;

  constructor(browser: Browser) {
    this.folder = mkdtempSync(join(tmpdir(), 'tessera-consumer-'));
    this.browser = browser;
  }

  /** Installs the packed library and the tools. */
  async install(archive: string, tools: readonly Tool[]): Promise<void> {
    const dependencies = Object.fromEntries(
      tools.map((tool) => [tool.replace(/^(vite|webpack|typescript)-.*/, '$1'), versions[tool]]),
    );
    this.archive = archive;
    this.write({
      'package.json': JSON.stringify({
        ...{ name: 'consumer', version: '1.0.0', private: true, type: 'module' },
        dependencies: { ...dependencies, 'tessera-sr': `file:${archive}` },
      }),
    });
    const quietly = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel', 'error'];
    await runTool('npm', ['install', ...quietly], this.folder);
    this.#installed = true;
  }

  get installed(): boolean {
    return this.#installed;
  }

  write(files: Record<string, string>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  /** Runs Node, in the project. */
  node(...args: string[]): Promise<string> {
    return runTool(process.execPath, args, this.folder);
  }

  /** Runs a command that one of the installed packages brings. */
  bin(name: string, ...args: string[]): Promise<string> {
    return runTool(this.path('node_modules', '.bin', name), args, this.folder);
  }

  /** Runs such a command as a server, with `PORT` in its arguments replaced, while `use` runs. */
  async whileServing<T>(
    name: string,
    args: readonly string[],
    use: (url: string) => Promise<T>,
  ): Promise<T> {
    const port = await freePort();
    const own = args.map((text) => text.replace('PORT', String(port)));
    const server = start(this.path('node_modules', '.bin', name), own, this.folder);
    let output = '';
    for (const stream of [server.stdout, server.stderr]) {
      stream?.on('data', (data) => {
        output += data;
      });
    }
    try {
      const url = `http://127.0.0.1:${port}`;
      await this.#untilUp(url, server);
      return await use(url);
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${output.slice(-2000)}`);
    } finally {
      // With what it has started itself.
      if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid);
    }
  }

  async #untilUp(url: string, server: ChildProcess): Promise<void> {
    const end = Date.now() + ANSWER_MS;
    while (Date.now() < end) {
      if (server.exitCode !== null) throw new Error('the server has ended');
      const up = await fetch(url).then(
        () => true,
        () => false,
      );
      if (up) return;
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error('the server did not start');
  }

  /** What the page at that address answers. */
  async answerAt(url: string): Promise<string> {
    const page = await this.browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    try {
      await page.goto(url);
      const answer = await untilAnswered(page);
      if (answer !== undefined) return answer;
      throw new Error(`the page does not answer; it said: ${complaints.join('; ')}`);
    } finally {
      await page.close();
    }
  }

  /** The page at that address must upscale the picture to the right bytes. */
  async expectBytes(url: string): Promise<void> {
    assert.equal(await this.answerAt(url), await expectedAnswer());
  }

  /** Serves a folder of the project while `use` runs. */
  async whileServed<T>(
    folder: string,
    use: (url: string) => Promise<T>,
    options: Omit<ServeOptions, 'root'> = {},
  ): Promise<T> {
    const server = await serve({ root: this.path(folder), ...options });
    try {
      return await use(server.url);
    } finally {
      await server.close();
    }
  }

  /** A page of a folder must upscale the picture to the right bytes. */
  async expectPage(folder: string, page = '', options: Omit<ServeOptions, 'root'> = {}) {
    await this.whileServed(folder, (url) => this.expectBytes(`${url}/${page}`), options);
  }

  /** Removes all but what was installed, for another consumer with the same tools. */
  clear(): void {
    for (const name of readdirSync(this.folder)) {
      if (/^(node_modules|package.*\.json)$/.test(name)) continue;
      rmSync(this.path(name), { recursive: true, force: true });
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
