// `npm run test:packaging`: the packed library in what people build with, as a table or as JSON.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONSUMERS } from './consumers/index.ts';
import { runConsumers, type Verdict } from './run-consumers.ts';

const HELP = `npm run test:packaging [-- OPTIONS]

Packs the library, installs the archive in a new project for each consumer, builds with the real
tool, upscales a picture in headless Chromium (or in the consumer itself) and compares its bytes.
The tests have a short form of it: tests/web/integration/package.test.ts.
Tools are installed from the npm registry, in the versions of tests/packaging/versions.json.

  --json        print {"rows": [...]}
  --only NAMES  consumers whose name contains one of these, separated by commas
  --list        print the consumers, run nothing
  -h, --help    this text

The exit status is 1 when a consumer fails.
`;

function print({ consumer, version, verdict, seconds, message }: Verdict): void {
  const cells = [consumer.padEnd(28), version.padEnd(10), `${seconds.toFixed(1)} s`.padStart(8)];
  process.stdout.write(`${cells.join(' ')}  ${verdict}${message && `: ${message}`}\n`);
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

async function main(): Promise<void> {
  const names = values.only?.split(',') ?? [''];
  const chosen = CONSUMERS.filter(({ name }) => names.some((part) => name.includes(part)));
  if (values.list === true) {
    for (const { name } of chosen) process.stdout.write(`${name}\n`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tessera-packed-'));
  try {
    const rows = await runConsumers(chosen, folder, values.json === true ? () => {} : print);
    const failed = rows.filter(({ verdict }) => verdict === 'FAILS').length;
    process.stdout.write(
      values.json === true
        ? `${JSON.stringify({ rows })}\n`
        : `${rows.length} consumers, ${failed} fail\n`,
    );
    if (failed > 0 || rows.length === 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (values.help === true) process.stdout.write(HELP);
else await main();
