// `npm run fuzz`: one target for some time, with libFuzzer, or the API in Node.
import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runMain, UserError } from '../../scripts/lib/log.mjs';
import { buildPreset } from '../../scripts/lib/native-build.mjs';
import { BUILD, ROOT } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';
import { findFuzzingClang } from '../../scripts/setup/fuzzing.mjs';
import { fuzzApi } from './api.ts';
import { writeSeeds } from './seeds.ts';
import { corpusOf, NATIVE_TARGETS, type NativeTarget, programOf, SEEDS } from './targets.ts';

const HELP = `npm run fuzz -- TARGET [OPTIONS]

Gives a target random input until something is wrong or the time is up. Targets:

  model_file  bytes as a network's file: reader, import, passes, planners
  model_run   the same, and runs of the smallest tile in the engine that the file asks for
  network     a network of random nodes, compared with the reference interpreter
  quantizer   bytes as a float network that is quantized
  api         calls in random order on the built library in Node

  --time S    seconds (default 60)
  --seed N    the same input again, for target api
  --help      this text

The C++ targets are built with Clang and sanitizers; a finding is written into build/fuzz-findings/,
and \`build/fuzz/tessera_fuzz_TARGET FILE\` repeats it. What a run learned is kept in build/fuzz-corpus/.
`;

// A run that takes longer, or needs more, is a finding.
const MOST_SECONDS = 5;
const MOST_MEBIBYTES = 512;
// The longest seed and what mutations add to it.
const MOST_BYTES = 32_000;

async function build(target: NativeTarget): Promise<void> {
  await run(process.execPath, ['scripts/setup.mjs', '--fuzzing'], { cwd: ROOT, show: true });
  const cxx = findFuzzingClang();
  if (cxx === null) throw new UserError('fuzzing needs a Clang with libFuzzer');
  const env = { ...process.env, CXX: cxx, CC: cxx.replace('++', '') };
  await buildPreset('fuzz', [`tessera_fuzz_${target}`], { only: true, env });
}

/** Runs libFuzzer; resolves with its exit status. */
async function fuzz(target: NativeTarget, seconds: number): Promise<number> {
  const findings = join(BUILD, 'fuzz-findings');
  for (const folder of [findings, corpusOf(target)]) await mkdir(folder, { recursive: true });
  await writeSeeds(SEEDS);
  const options = {
    max_total_time: seconds,
    timeout: MOST_SECONDS,
    rss_limit_mb: MOST_MEBIBYTES,
    max_len: MOST_BYTES,
    artifact_prefix: `${join(findings, target)}-`,
    print_final_stats: 1,
  };
  const child = spawn(
    programOf('fuzz', target),
    [
      ...Object.entries(options).map(([name, value]) => `-${name}=${value}`),
      corpusOf(target),
      SEEDS,
    ],
    { stdio: 'inherit' },
  );
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function readSeconds(text: string | undefined): number {
  const seconds = Number(text ?? 60);
  if (Number.isInteger(seconds) && seconds > 0) return seconds;
  throw new UserError('--time is a whole number of seconds');
}

await runMain(async () => {
  const { values, positionals } = parseArgs({
    options: {
      time: { type: 'string' },
      seed: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [target = ''] = positionals;
  const seconds = readSeconds(values.time);
  if (target === 'api') {
    const seed = values.seed === undefined ? undefined : Number(values.seed);
    const runs = await fuzzApi({ seconds, seed });
    process.stdout.write(`${runs} sequences of calls: nothing found\n`);
    return;
  }
  const native = NATIVE_TARGETS.find((name) => name === target);
  if (native === undefined) {
    throw new UserError(`which target? There are ${[...NATIVE_TARGETS, 'api'].join(', ')}`);
  }
  await build(native);
  process.exitCode = await fuzz(native, seconds);
});
