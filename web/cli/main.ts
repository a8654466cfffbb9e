#!/usr/bin/env node
/** The command line. Exit codes: 0 done, 1 failed, 2 used wrongly. */
import { describe } from '../src/errors.js';
import { TesseraError } from '../src/index.js';
import { VERSION } from '../src/version.js';
import { annotateCommand } from './annotate-command.js';
import { wantsHelp } from './arguments.js';
import type { Command } from './command.js';
import { convertCommand } from './convert-command.js';
import { evalCommand } from './eval-command.js';
import { inspectCommand } from './inspect-command.js';
import { quantizeCommand } from './quantize-command.js';
import { restoreCommand, upscaleCommand } from './upscale-command.js';
import { UsageError } from './usage-error.js';

const COMMANDS: Readonly<Record<string, Command>> = {
  upscale: upscaleCommand,
  restore: restoreCommand,
  inspect: inspectCommand,
  eval: evalCommand,
  convert: convertCommand,
  quantize: quantizeCommand,
  annotate: annotateCommand,
};

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

function help(): string {
  const list = Object.entries(COMMANDS)
    .map(([name, { summary }]) => `  ${name.padEnd(10)}${summary}`)
    .join('\n');
  return `Usage: tessera COMMAND [options]

Super-resolution on the CPU.

${list}

tessera COMMAND --help tells more; tessera --version prints the version.
`;
}

async function run(args: string[], signal: AbortSignal): Promise<void> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h') {
    process.stdout.write(help());
  } else if (name === '--version') {
    process.stdout.write(`${VERSION}\n`);
  } else {
    const command = name === undefined ? undefined : COMMANDS[name];
    if (command === undefined) {
      throw new UsageError(name === undefined ? 'no command' : `there is no command '${name}'`);
    }
    if (wantsHelp(rest)) process.stdout.write(command.help);
    else await command.run(rest, signal);
  }
}

function report(error: unknown): number {
  const code = error instanceof TesseraError ? ` (${error.code})` : '';
  // One line: causes of errors may bring their own line breaks.
  const message = describe(error).replaceAll(/\s*\n\s*/g, ' ');
  const advice = error instanceof UsageError ? '; see tessera --help' : '';
  process.stderr.write(`tessera: ${message}${code}${advice}\n`);
  return error instanceof UsageError ? EXIT_USAGE : EXIT_FAILED;
}

const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort(new Error('interrupted')));

try {
  await run(process.argv.slice(2), interrupt.signal);
} catch (error) {
  process.exitCode = report(error);
}
