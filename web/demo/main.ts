import { type Estimate, TesseraError, type Upscaler } from '../src/index.js';
import { CompareView } from './compare-view.js';
import { Controls } from './controls.js';
import { byId, setText } from './dom.js';
import { showRun, showSetup } from './facts.js';
import { formatBytes, formatMegapixels, formatSize, formatTime } from './format.js';
import { watchIntake } from './intake.js';
import { Runner } from './runner.js';

/** A picture that the visitor brought, or the sample. */
interface Picture {
  blob: Blob;
  name: string;
}

/** Also on `<body data-state>`, for the style sheet, the tests and `npm start -- --once`. */
type State = 'loading' | 'asking' | 'running' | 'done' | 'cancelled' | 'error';

// Above either of these the visitor is asked first: a phone may not have as much to spare.
const MUCH_MEMORY = 1e9;
const MANY_PIXELS = 50e6;

const CANCELLED = 'cancelled by the visitor';
const REPLACED = 'replaced by another run';

const view = new CompareView();
const controls = new Controls();
const runner = new Runner();

let picture: Picture | undefined;
/** Ends what is going on now. */
let current = new AbortController();
/** Settles when the last run has: runs never overlap. */
let previous: Promise<void> = Promise.resolve();
/** Output pixels per millisecond of the last complete run; 0 before there was one. */
let speed = 0;
/** Of the saved file's name. */
let suffix = 'enlarged';

function setState(state: State, status: string): void {
  document.body.dataset.state = state;
  setText('status', status);
  controls.showState(state);
}

function showError(message: string): void {
  const box = byId('error', HTMLElement);
  box.textContent = message;
  box.hidden = message === '';
  document.body.dataset.error = message;
}

/** What this page can offer besides the library's own advice. */
function adviceFor(error: TesseraError): string {
  switch (error.code) {
    case 'ERR_OUT_OF_MEMORY':
      return ' Here: choose fewer workers or a smaller picture.';
    case 'ERR_IMAGE_TOO_LARGE':
      return ' Here: choose a smaller picture.';
    case 'ERR_LOAD':
      return ' Here: check the connection, then try again.';
    default:
      return '';
  }
}

function describe(error: unknown): string {
  if (error instanceof TesseraError) return `${error.message} (${error.code})${adviceFor(error)}`;
  return error instanceof Error ? error.message : String(error);
}

async function decode({ blob, name }: Picture): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(blob);
  } catch {
    throw new Error(
      `“${name}” is not a picture that this browser can read. Try a PNG, JPEG, WebP or AVIF file.`,
    );
  }
}

/** Beyond some size, which differs by browser, a canvas silently stays empty. */
function checkCanvas(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext('2d');
  context?.fillRect(0, 0, 1, 1);
  const works = context?.getImageData(0, 0, 1, 1).data[3] === 255;
  context?.clearRect(0, 0, 1, 1);
  if (works) return;
  throw new Error(
    `This browser cannot show the result, ${formatSize(canvas.width, canvas.height)} pixels. ` +
      'Use a smaller one, or the command line: npx tessera upscale in.png out.png',
  );
}

/** Asks before a run that needs much memory or time; resolves at once for any other. */
async function confirmSize(need: Estimate, signal: AbortSignal): Promise<void> {
  const pixels = need.outputWidth * need.outputHeight;
  if (need.total < MUCH_MEMORY && pixels < MANY_PIXELS) return;
  const time = speed > 0 ? ` and about ${formatTime(pixels / speed)}` : '';
  setState(
    'asking',
    `The result will have ${formatMegapixels(pixels)} megapixels. ` +
      `That needs about ${formatBytes(need.total)} of memory${time}.`,
  );
  await controls.waitForProceed(signal);
}

/** Loads what is not loaded yet, and shows how the network will run. */
async function prepare(signal: AbortSignal): Promise<Upscaler> {
  setState('loading', 'Loading the network…');
  controls.showProgress(0);
  const prepared = await runner.prepare(controls.settings, signal, (fraction) =>
    controls.showProgress(fraction),
  );
  showSetup(prepared);
  controls.showAvailable(prepared.upscaler.info);
  return prepared.upscaler;
}

async function enlarge(chosen: Picture, signal: AbortSignal): Promise<void> {
  const upscaler = await prepare(signal);
  const bitmap = await decode(chosen);
  const { width, height } = bitmap;
  const need = await upscaler.estimate({ width, height });
  await confirmSize(need, signal);
  await upscaler.warmup({ width, height });
  signal.throwIfAborted();
  view.begin(bitmap, need.outputWidth, need.outputHeight);
  bitmap.close();
  checkCanvas(view.after);
  const { scale } = upscaler.model;
  setState('running', scale === 1 ? 'Repairing…' : 'Enlarging…');
  controls.showProgress(0);

  const begun = performance.now();
  await upscaler.upscale(chosen.blob, {
    output: 'canvas',
    canvas: view.after,
    signal,
    onprogress: (fraction) => controls.showProgress(fraction),
  });
  const milliseconds = performance.now() - begun;
  speed = (need.outputWidth * need.outputHeight) / milliseconds;
  showRun(upscaler, need, milliseconds);
  view.settle();
  const done = scale === 1 ? 'Repaired' : `Enlarged ${scale}×`;
  setState('done', `${done} in ${formatTime(milliseconds)}.`);
  suffix = scale === 1 ? 'repaired' : 'enlarged';
}

function finishCancelled(signal: AbortSignal): void {
  if (signal.reason === REPLACED) return;
  setState('cancelled', 'Cancelled.');
}

async function attempt(chosen: Picture, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  showError('');
  try {
    await enlarge(chosen, signal);
  } catch (error) {
    if (signal.aborted) {
      finishCancelled(signal);
      return;
    }
    showError(describe(error));
    setState('error', 'That did not work.');
  }
}

/** Enlarges the picture, and ends what was going on before. */
function start(chosen: Picture): void {
  picture = chosen;
  current.abort(REPLACED);
  current = new AbortController();
  const { signal } = current;
  previous = previous.then(() => attempt(chosen, signal));
}

async function startSample(): Promise<void> {
  try {
    const response = await fetch('sample.webp');
    if (!response.ok) throw new Error(`sample.webp could not be loaded (HTTP ${response.status})`);
    start({ blob: await response.blob(), name: 'sample.webp' });
  } catch (error) {
    showError(describe(error));
    setState('error', 'The sample is missing. Choose a picture of your own.');
  }
}

async function save(): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => {
    view.after.toBlob(resolve, 'image/png');
  });
  if (!blob) {
    showError('The result is too large for this browser to save. Use a smaller picture.');
    return;
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = `${picture?.name.replace(/\.[^.]*$/, '') || 'picture'}-${suffix}.png`;
  link.click();
  // The download has taken hold of the data by the next turns of the event loop.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const startAgain = () => {
  if (picture) start(picture);
};

watchIntake({
  onfile: (file) => start({ blob: file, name: file.name }),
  onnetwork(file) {
    controls.addNetwork(file);
    startAgain();
  },
  onrefused: showError,
});
controls.connect({
  onsample: startSample,
  oncancel: () => current.abort(CANCELLED),
  onagain: startAgain,
  onsettings: startAgain,
  onsave: save,
});
void startSample();
