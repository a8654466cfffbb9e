// What the demo page can look like, each state reached as a visitor would.
import type { BrowserContextOptions, Page } from 'playwright-core';
import {
  makePicture,
  pick,
  pickNetwork,
  waitForResult,
  waitForSample,
  waitForState,
} from '../web/support/demo-page.ts';
import { conv } from '../web/support/layers.ts';
import { OnnxBuilder } from '../web/support/onnx-builder.ts';
import { Random } from '../web/support/random.ts';

/** A state, and how to get there from the one before. */
export interface State {
  name: string;
  reach(page: Page): Promise<unknown>;
}

/** States that one visit goes through. */
export interface Visit {
  options: BrowserContextOptions;
  states: readonly State[];
}

const DESK = { viewport: { width: 1280, height: 900 } };
const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/** Three layers in float, of scale 2. */
function ownNetwork(): Buffer {
  const b = new OnnxBuilder();
  const random = new Random(3);
  const features = b.node('Relu', [conv(b, random, b.input, 3, 8)]);
  const many = conv(b, random, features, 8, 12);
  return Buffer.from(b.build(b.node('DepthToSpace', [many], { blocksize: 2 })));
}

const sample: State = { name: 'sample', reach: waitForSample };

async function bringQueue(page: Page): Promise<void> {
  const file = async (name: string, width: number, height: number) => ({
    name,
    mimeType: 'image/png',
    buffer: await makePicture(width, height),
  });
  await page.setInputFiles('#file', [
    await file('harbour at dusk.png', 320, 240),
    { name: 'letter.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') },
    await file('a picture whose name is far too long for any list of pictures.png', 1600, 1200),
    await file('garden.png', 640, 480),
  ]);
  await page.waitForFunction(() => {
    const bar = document.querySelectorAll<HTMLProgressElement>('.job progress')[2];
    return bar !== undefined && bar.value > 0;
  });
}

async function playSample(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Video' }).click();
  await page.locator('#video-sample').click();
  await page.waitForFunction(() => document.getElementById('video-fps')?.textContent !== '–');
}

async function openAll(page: Page): Promise<void> {
  for (const summary of await page.locator('summary').all()) await summary.click();
}

const queue: State = { name: 'queue', reach: bringQueue };
const video: State = { name: 'video', reach: playSample };

const running: State = {
  name: 'tiles',
  async reach(page) {
    await page.getByText('Medium', { exact: true }).click();
    await pick(page, 'large.png', await makePicture(1600, 1200));
    await page.waitForSelector('.tile:nth-child(3)');
  },
};

const asking: State = {
  name: 'asking',
  async reach(page) {
    await pick(page, 'huge.png', await makePicture(4200, 3200));
    await waitForState(page, 'asking');
  },
};

const loupe: State = {
  name: 'loupe',
  async reach(page) {
    await page.locator('#sample').click();
    await waitForSample(page);
    await page.getByLabel('Left', { exact: true }).selectOption('lanczos');
    await page.locator('#pictures').getByText('2:1').click();
    await page.getByRole('button', { name: 'Loupe' }).click();
    const box = await page.locator('#pictures .stage').boundingBox();
    if (box) await page.mouse.move(box.x + box.width * 0.45, box.y + box.height * 0.75);
  },
};

const error: State = {
  name: 'error',
  async reach(page) {
    await page.getByRole('button', { name: 'Loupe' }).click();
    await pick(page, 'notes.txt', Buffer.from('no picture'), 'text/plain');
    await waitForState(page, 'error');
  },
};

const own: State = {
  name: 'own-network',
  async reach(page) {
    await page.locator('#sample').click();
    await pickNetwork(page, 'mine.onnx', ownNetwork());
    await waitForResult(page, '[data-model=""]');
    await openAll(page);
  },
};

const refused: State = {
  name: 'own-network-refused',
  async reach(page) {
    await pickNetwork(page, 'broken.onnx', Buffer.from('no network'));
    await waitForState(page, 'error');
  },
};

const benchmark: State = {
  name: 'benchmark',
  async reach(page) {
    await page.getByRole('button', { name: 'Remove' }).click();
    await waitForResult(page, '');
    await page.getByRole('button', { name: 'Run it' }).click();
    await page.getByText('Done.').waitFor();
  },
};

const camera: State = {
  name: 'camera',
  async reach(page) {
    await page.getByRole('button', { name: 'Camera' }).click();
    await page.waitForFunction(() => document.querySelector('#video video') !== null);
  },
};

/** All of them. */
export const VISITS: Readonly<Record<string, Visit>> = {
  'desktop-light': {
    options: { ...DESK, colorScheme: 'light' },
    states: [sample, loupe, error, own, refused, benchmark, running, asking, queue, video, camera],
  },
  'desktop-dark': { options: { ...DESK, colorScheme: 'dark' }, states: [sample, queue, video] },
  'phone-light': {
    options: { ...PHONE, colorScheme: 'light' },
    states: [sample, loupe, error, own],
  },
  'phone-dark': { options: { ...PHONE, colorScheme: 'dark' }, states: [sample, queue, video] },
};

/** After a first visit, with the server gone. */
export const OFFLINE: State = {
  name: 'offline',
  async reach(page) {
    await page.reload();
    await waitForSample(page);
  },
};
