// Step headings with elapsed time, and one way to end with an error.

const started = performance.now();

const plain = process.env.NO_COLOR !== undefined || !process.stderr.isTTY;
const paint = (code, text) => (plain ? text : `\x1b[${code}m${text}\x1b[0m`);

export function formatSeconds(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Progress goes to stderr, so that stdout stays clean for `--json`. */
export function log(text) {
  process.stderr.write(`${text}\n`);
}

export function warn(text) {
  log(paint(33, `warning: ${text}`));
}

/** Runs `body` under a heading and prints how long it took; steps may overlap. */
export async function step(title, body) {
  const begin = performance.now();
  log(`${paint(36, '==>')} ${title}`);
  const note = await body();
  const took = formatSeconds(performance.now() - begin);
  const total = formatSeconds(performance.now() - started);
  log(`    ${title}: ${note ? `${note}, ` : ''}${took} (total ${total})`);
}

/** An error whose message is written for the person at the terminal: no stack is shown. */
export class UserError extends Error {}

/** Runs a script's main function; a UserError ends it with its message and exit code 1. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    log(paint(31, `error: ${error.message}`));
    process.exitCode = 1;
  }
}
