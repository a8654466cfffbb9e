// How long `tessera quantize` takes by default: `npm run bench:quantize`.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, UserError } from '../scripts/lib/log.mjs';
import { DIST, ROOT } from '../scripts/lib/paths.mjs';
import { choices } from './lib/options.ts';
import { KnownNetwork } from './web/networks/known/files.ts';
import { KNOWN_NETWORKS, type KnownNetworkName } from './web/networks/known/networks.ts';

const NAMES = Object.keys(KNOWN_NETWORKS) as KnownNetworkName[];

const HELP = `npm run bench:quantize [-- OPTIONS]

Quantizes networks that people use, with random weights, by the built command line with its defaults,
calibrated on the demo's pictures. Needs \`npm run build\`.

  --net <list>      of ${NAMES.join(', ')} (default srvgg32,span48)
  --json            print JSON: {"rows": [...]}
  --help            this text
`;

interface Row {
  net: KnownNetworkName;
  parameters: number;
  seconds: number;
  seconds_per_million: number;
  /** Of the output against the float network's, in decibels. */
  psnr: number;
  cores: number;
  /** The load average before and after. */
  load: [number, number];
}

const load = (): number => loadavg()[0] as number;

async function measure(net: KnownNetworkName): Promise<Row> {
  const network = new KnownNetwork(net);
  const model = join(ROOT, await network.onnx('float'));
  const output = join(ROOT, 'out', 'bench', 'quantize', `${net}.onnx`);
  mkdirSync(dirname(output), { recursive: true });
  const command = [join(DIST, 'cli', 'tessera.mjs'), 'quantize', model, '--json'];
  const places = ['--images', join(ROOT, 'web', 'demo'), '--output', output];
  const before = load();
  const { status, stdout } = spawnSync(process.execPath, [...command, ...places], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new UserError(`${net}: quantizing failed with ${status}`);
  const { seconds, psnr } = JSON.parse(stdout) as { seconds: number; psnr: number };
  const { parameters } = network;
  return {
    ...{ net, parameters, seconds, seconds_per_million: seconds / (parameters / 1e6), psnr },
    ...{ cores: availableParallelism(), load: [before, load()] },
  };
}

function print({ net, parameters, seconds, seconds_per_million, psnr, load: [a, b] }: Row): void {
  process.stdout.write(
    `${net}: ${(parameters / 1e6).toFixed(2)} million parameters in ${seconds.toFixed(1)} s, ` +
      `${seconds_per_million.toFixed(1)} s per million, ${psnr.toFixed(1)} dB from float; ` +
      `load ${a.toFixed(2)} to ${b.toFixed(2)}\n`,
  );
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      net: { type: 'string', default: 'srvgg32,span48' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!existsSync(join(DIST, 'cli', 'tessera.mjs'))) {
    throw new UserError('dist/ is not there: run `npm run build` first');
  }
  const rows: Row[] = [];
  for (const net of choices(values.net, '--net', NAMES)) {
    const row = await measure(net);
    rows.push(row);
    if (!values.json) print(row);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ rows })}\n`);
});
