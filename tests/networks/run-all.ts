// Runs rows in several processes: onnxruntime-web and the core are single-threaded.
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Row } from './measure.ts';
import type { FormName, Network } from './network.ts';
import { faultsOf } from './verdict.ts';

const WORKER = fileURLToPath(new URL('row-worker.ts', import.meta.url));

/** More gain nothing on the machines that the time limit is meant for. */
const MOST_PROCESSES = 2;

/** One network in one form. */
export interface Job {
  network: Network;
  form: FormName;
  /** Quantizes as well. */
  int8: boolean;
}

/** What a worker is sent; networks hold functions, so that it finds them by name. */
export interface JobMessage {
  name: string;
  form: FormName;
  int8: boolean;
}

export interface Verdict {
  row: Row;
  /** What is wrong with it; nothing when it passes. */
  faults: string[];
}

/**
 * Every network in every form. Int8 is measured in the first form only: all forms of a network hold
 * the same weights, and what is quantized is the graph that import makes of them.
 */
export function allJobs(networks: readonly Network[], int8 = true): Job[] {
  return networks.flatMap((network) =>
    network.forms.map((form, i) => ({ network, form, int8: int8 && i === 0 && network.int8 })),
  );
}

/**
 * The first form of each network, and the last, which is of another kind: old, or of one size.
 *
 * @param quantized - names of the networks that are quantized as well
 */
export function tellingJobs(networks: readonly Network[], quantized: readonly string[]): Job[] {
  return allJobs(networks)
    .filter(({ network: { forms }, form }) => form === forms[0] || form === forms.at(-1))
    .map((job) => ({ ...job, int8: job.int8 && quantized.includes(job.network.name) }));
}

const lost = ({ network, form }: Job, why: string): Row => ({
  ...{ name: network.name, form, float_max_err: null, tiled_equal: null, seam_err: null },
  ...{ int8_psnr: null, int8_shift: null, seam_announced: null, wasm_mb: null, ms: null },
  error: why,
});

/** The row of a job, or one that says that the process ended under it. */
function runJob(child: ChildProcess, job: Job): Promise<Row> {
  return new Promise((resolve) => {
    const ended = (code: number | null) => resolve(lost(job, `the process ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (row) => {
      child.off('exit', ended);
      resolve(row as Row);
    });
    const { network, form, int8 } = job;
    child.send({ name: network.name, form, int8 } satisfies JobMessage);
  });
}

/** Runs jobs; results come in the jobs' order, and `onrow` hears of each in that order. */
export async function runAll(
  jobs: readonly Job[],
  onrow: (verdict: Verdict) => void,
): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  let told = 0;
  const lane = async () => {
    let child = fork(WORKER, { execArgv: ['--import=tsx'] });
    for (let i = next++; i < jobs.length; i = next++) {
      const job = jobs[i] as Job;
      if (child.exitCode !== null) child = fork(WORKER, { execArgv: ['--import=tsx'] });
      const row = await runJob(child, job);
      verdicts[i] = { row, faults: faultsOf(row, job.network) };
      for (; verdicts[told] !== undefined; told++) onrow(verdicts[told] as Verdict);
    }
    child.disconnect();
  };
  await Promise.all(Array.from({ length: Math.min(MOST_PROCESSES, availableParallelism()) }, lane));
  return verdicts;
}
