// What a page needs for a large result, by the form that it takes: `npm run bench:memory`.

import { readFile, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { JSHandle } from 'playwright-core';
import { log, runMain, UserError } from '../scripts/lib/log.mjs';
import { rendererIds, residentBytes, seesMemory } from '../tests/web/support/page-memory.ts';
import { openPage, type TestPage } from '../tests/web/support/pages.ts';
import type { Estimate, OutputKind, RawImage, Upscaler } from '../web/src/index.ts';
import { choices, positive } from './lib/options.ts';

interface Form {
  output: OutputKind;
  type?: string;
}

const FORMS: Record<string, Form> = {
  'stream-png': { output: 'stream', type: 'image/png' },
  'stream-bmp': { output: 'stream', type: 'image/bmp' },
  'stream-rows': { output: 'stream', type: 'application/octet-stream' },
  raw: { output: 'raw' },
  imagedata: { output: 'imagedata' },
  imagebitmap: { output: 'imagebitmap' },
  canvas: { output: 'canvas' },
  png: { output: 'blob', type: 'image/png' },
  jpeg: { output: 'blob', type: 'image/jpeg' },
  webp: { output: 'blob', type: 'image/webp' },
  base64: { output: 'base64', type: 'image/png' },
};
const DEFAULT_FORMS = 'stream-png,raw,jpeg';
const MOST_ABOVE_INPUT_MB = 64;

const HELP = `npm run bench:memory [-- OPTIONS]

Upscales a picture that a page holds as pixels, in headless Chromium on Linux, and prints by the form of the
result the peak of what its process holds: above the page with the picture and before the library, and beside
what estimate() announced for it. Each form gets a page of its own. Needs \`npm run build\`.

  --megapixels <n>  of the result (default 100)
  --output <list>   of ${Object.keys(FORMS).join(', ')};
                    png, jpeg and webp are blobs, and streams are read and dropped (default ${DEFAULT_FORMS})
  --model <name>    a shipped model (default photo-x2)
  --workers <n>     (default 2)
  --json            print JSON
  --help            this text

The exit status is 1 when a PNG stream takes more than ${MOST_ABOVE_INPUT_MB} MB above the picture.
`;

interface Settings {
  megapixels: number;
  model: string;
  workers: number;
}

/** Bytes. */
interface FormReport {
  output: string;
  width: number;
  height: number;
  seconds: number;
  /** Of the picture's pixels. */
  input: number;
  /** Of what the process held at most, less what it held with the picture. */
  aboveInput: number;
  /** The same, less what the result takes in its form, where it is whole in memory. */
  aboveInputAndOutput: number;
  /** What estimate() said, the picture left out. */
  announced: number;
}

/** Where the page keeps what it works on. */
interface Work {
  image: RawImage | undefined;
  upscaler: Upscaler | undefined;
}

/** The greatest that the page's process has held since it was last asked to forget. */
async function peakOf(page: TestPage): Promise<number> {
  const peaks = (await rendererIds(page)).map(async (id) => {
    const status = await readFile(`/proc/${id}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) * 1024;
  });
  return Math.max(...(await Promise.all(peaks)));
}

async function forgetPeak(page: TestPage): Promise<void> {
  for (const id of await rendererIds(page)) await writeFile(`/proc/${id}/clear_refs`, '5');
}

function makePicture({ page }: TestPage, edge: number): Promise<JSHandle<Work>> {
  return page.evaluateHandle((edge) => {
    const data = new Uint8ClampedArray(edge * edge * 4);
    for (let i = 0; i < data.length; i += 4) {
      const x = (i / 4) % edge;
      const y = Math.floor(i / 4 / edge);
      data[i] = 127 + 100 * Math.sin(x / 90);
      data[i + 1] = 127 + 100 * Math.sin(y / 70);
      data[i + 2] = (x * 255) / edge;
      data[i + 3] = 255;
    }
    return { image: { data, width: edge, height: edge }, upscaler: undefined } as Work;
  }, edge);
}

function load(work: JSHandle<Work>, settings: Settings, output: OutputKind): Promise<Estimate> {
  return work.evaluate(
    async (work, { model, workers, output }) => {
      work.upscaler = await window.tessera.Upscaler.create({ model, workers });
      const { width, height } = work.image as RawImage;
      return work.upscaler.estimate({ width, height, output });
    },
    { ...settings, output },
  );
}

/** Upscales it, and gives the picture away. */
function upscale(work: JSHandle<Work>, form: Form): Promise<number> {
  return work.evaluate(async ({ image, upscaler }, form) => {
    const begun = performance.now();
    const options = { ...form, transfer: true };
    const result: unknown = await (upscaler as Upscaler).upscale(image as RawImage, options);
    if (form.output === 'stream') for await (const _ of result as AsyncIterable<unknown>);
    return performance.now() - begun;
  }, form);
}

async function measure(name: string, settings: Settings): Promise<FormReport> {
  const form = FORMS[name] as Form;
  const page = await openPage();
  try {
    const edge = Math.round(Math.sqrt(settings.megapixels * 1e6) / 2);
    const work = await makePicture(page, edge);
    const before = await residentBytes(page);
    const estimate = await load(work, settings, form.output);
    await forgetPeak(page);
    const milliseconds = await upscale(work, form);
    const aboveInput = (await peakOf(page)) - before;
    const { outputWidth: width, outputHeight: height, input, total } = estimate;
    const whole = form.output === 'stream' ? 0 : width * height * 4;
    return {
      output: name,
      width,
      height,
      seconds: milliseconds / 1000,
      input,
      aboveInput,
      aboveInputAndOutput: aboveInput - whole,
      announced: total - input,
    };
  } finally {
    await page.close();
  }
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

function print(report: FormReport): void {
  const { output, width, height, input, seconds } = report;
  const above = [report.aboveInput, report.aboveInputAndOutput, report.announced].map(megabytes);
  process.stdout.write(
    `${output}, ${width}x${height} of ${megabytes(input)} of pixels in ${seconds.toFixed(1)} s: peak ` +
      `${above[0]} above input, ${above[1]} above input and output; estimate() announced ${above[2]} beside the input\n`,
  );
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      megapixels: { type: 'string', default: '100' },
      output: { type: 'string', default: DEFAULT_FORMS },
      model: { type: 'string', default: 'photo-x2' },
      workers: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  if (!seesMemory) throw new UserError('what a process holds is only known on Linux');
  const forms = choices(values.output, '--output', Object.keys(FORMS));
  const settings: Settings = {
    megapixels: positive(values.megapixels, '--megapixels'),
    model: values.model,
    workers: positive(values.workers, '--workers'),
  };
  const reports: FormReport[] = [];
  for (const form of forms) {
    log(form);
    const report = await measure(form, settings);
    reports.push(report);
    if (!values.json) print(report);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ ...settings, reports })}\n`);
  const png = reports.find(({ output }) => output === 'stream-png');
  if (png && png.aboveInput > MOST_ABOVE_INPUT_MB * 1e6) process.exitCode = 1;
});
