// `npm run test:networks`: every network in every form, as a table or as JSON.
import { parseArgs } from 'node:util';
import type { Network } from './network.ts';
import { allJobs, runAll, type Verdict } from './run-all.ts';
import { NETWORKS } from './zoo/index.ts';

const HELP = `npm run test:networks [-- OPTIONS]

Builds super-resolution, denoising and deblurring networks with seeded weights, each in the forms
that exporters write, and runs them in the built library beside ONNX Runtime.

  --json        print {"rows": [...]} with one row per network and form
  --only NAME   networks whose name contains this
  --form NAME   forms whose name contains this
  --no-int8     do not quantize (otherwise: each network in its first form)
  --list        print the networks and their forms, run nothing
  -h, --help    this text

Columns: the largest difference from ONNX Runtime in levels (1/255 of the network's range), whether
tiles equal the whole, their largest difference in levels and the announced one, PSNR of int8 against float in dB, the
largest shift of a colour's mean by int8 in levels, memory of one worker in MB, milliseconds.
The exit status is 1 when a row fails.
`;

const number = (value: number | null, digits: number): string =>
  value === null ? '-' : value.toFixed(digits);

function print({ row, faults }: Verdict): void {
  const equal = row.tiled_equal === null ? '-' : row.tiled_equal ? 'equal' : 'differ';
  const cells = [
    row.name.padEnd(24),
    row.form.padEnd(30),
    number(row.float_max_err, 4).padStart(9),
    equal.padStart(7),
    number(row.seam_err, 0).padStart(4),
    number(row.seam_announced, 0).padStart(4),
    number(row.int8_psnr, 1).padStart(6),
    number(row.int8_shift, 2).padStart(6),
    number(row.wasm_mb, 0).padStart(5),
    number(row.ms, 0).padStart(6),
    faults.length === 0 ? '' : `  FAILS: ${faults.join('; ')}`,
  ];
  process.stdout.write(`${cells.join(' ').trimEnd()}\n`);
}

function chosen(name: string | undefined): readonly Network[] {
  return NETWORKS.filter((network) => name === undefined || network.name.includes(name));
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean' },
    only: { type: 'string' },
    form: { type: 'string' },
    'no-int8': { type: 'boolean' },
    list: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
});

async function run(): Promise<void> {
  const jobs = allJobs(chosen(values.only), values['no-int8'] !== true).filter(
    ({ form }) => values.form === undefined || form.includes(values.form),
  );
  const verdicts = await runAll(jobs, values.json === true ? () => {} : print);
  const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
  if (values.json === true) {
    process.stdout.write(`${JSON.stringify({ rows: verdicts.map(({ row }) => row) })}\n`);
  } else {
    process.stdout.write(`${verdicts.length} rows, ${failed} fail\n`);
  }
  if (failed > 0 || verdicts.length === 0) process.exitCode = 1;
}

if (values.help === true) {
  process.stdout.write(HELP);
} else if (values.list === true) {
  for (const { name, forms } of chosen(values.only)) {
    process.stdout.write(`${name}: ${forms.join(', ')}\n`);
  }
} else {
  await run();
}
