import type { LiveVideo, Upscaler, VideoStats } from '../../src/index.js';
import { byId, make, setText } from '../base/dom.js';
import { describeError } from '../base/errors.js';
import { CompareView } from '../compare/compare-view.js';
import { type MovingSource, openCamera, openFile, openSample } from './sources.js';

/** How often the figures are read. */
const READ_MS = 500;

const percent = (share: number) => `${Math.round(100 * share)} %`;

const FIGURES: Readonly<Record<string, (stats: VideoStats) => string>> = {
  'video-fps': ({ fps }) => `${fps.toFixed(1)} per second`,
  'video-latency': ({ latency }) => `${Math.round(latency)} ms`,
  'video-dropped': ({ dropped, frames }) => `${dropped} of ${dropped + frames}`,
  'video-kept': ({ reused }) => percent(reused),
  'video-model': ({ model }) => model || 'yours',
};

/** A video that is being enlarged. */
interface Playing {
  source: MovingSource;
  stopper: AbortController;
}

/** Video files, the camera, and a sample, enlarged while they play. */
export class VideoTab {
  readonly #view = new CompareView(byId('video', HTMLElement));
  readonly #prepare: (signal: AbortSignal) => Promise<Upscaler>;
  readonly #pause = byId('video-pause', HTMLButtonElement);
  readonly #stop = byId('video-stop', HTMLButtonElement);
  readonly #error = byId('video-error', HTMLElement);
  #playing: Playing | undefined;

  /** @param prepare - gives the upscaler that is chosen */
  constructor(prepare: (signal: AbortSignal) => Promise<Upscaler>) {
    this.#prepare = prepare;
    const file = byId('video-file', HTMLInputElement);
    file.addEventListener('change', () => {
      const [chosen] = file.files ?? [];
      if (chosen) void this.play(() => openFile(chosen));
      file.value = '';
    });
    byId('video-sample', HTMLButtonElement).addEventListener('click', () => this.play(openSample));
    const camera = byId('video-camera', HTMLButtonElement);
    camera.disabled = !navigator.mediaDevices;
    camera.addEventListener('click', () => this.play(openCamera));
    this.#pause.addEventListener('click', () => this.#togglePause());
    this.#stop.addEventListener('click', () => this.stop());
  }

  /** Plays and enlarges, in the place of what played before. */
  async play(open: () => Promise<MovingSource>): Promise<void> {
    this.stop();
    this.#complain('');
    setText('video-status', 'Opening…');
    try {
      await this.#run({ source: await open(), stopper: new AbortController() });
    } catch (error) {
      this.stop();
      setText('video-status', 'That did not work.');
      this.#complain(describeError(error));
    }
  }

  /** Goes on with the network that is chosen now. */
  restart(): void {
    const { source } = this.#playing ?? {};
    if (!source) return;
    this.#end();
    const goOn = this.#run({ source, stopper: new AbortController() });
    goOn.catch((error) => {
      this.stop();
      this.#complain(describeError(error));
    });
  }

  /** Ends it, and lets go of file or camera; the last picture stays. */
  stop(): void {
    this.#playing?.source.close();
    if (this.#playing) setText('video-status', 'Stopped.');
    this.#end();
  }

  #end(): void {
    this.#playing?.stopper.abort(ENDED);
    this.#playing = undefined;
    this.#showButtons();
  }

  /** Settles when it was stopped; rejects when it could not go on. */
  async #run(playing: Playing): Promise<void> {
    const { source, stopper } = playing;
    const { signal } = stopper;
    this.#playing = playing;
    this.#showButtons();
    const canvas = make('canvas', { role: 'img', ariaLabel: 'The video as Tessera enlarges it' });
    this.#view.begin();
    setText('video-status', 'Loading the network…');
    try {
      const upscaler = await this.#prepare(signal);
      const live = await upscaler.video(source.element, { canvas, signal });
      const timer = setInterval(() => this.#show(source, live), READ_MS);
      try {
        await live.closed;
      } finally {
        clearInterval(timer);
      }
    } catch (error) {
      if (signal.reason !== ENDED) throw error;
    }
  }

  #show({ element }: MovingSource, live: LiveVideo<HTMLCanvasElement>): void {
    const stats = live.stats();
    if (stats.frames === 0) return;
    setText('video-status', 'Enlarging while it plays.');
    this.#view.setSize(live.canvas.width, live.canvas.height);
    this.#view.setSides({ element, label: 'Browser' }, { element: live.canvas, label: 'Tessera' });
    this.#view.settle();
    for (const [id, text] of Object.entries(FIGURES)) setText(id, text(stats));
  }

  #togglePause(): void {
    const { video } = this.#playing?.source ?? {};
    if (!video) return;
    if (video.paused) void video.play();
    else video.pause();
    this.#pause.textContent = video.paused ? 'Play' : 'Pause';
  }

  #showButtons(): void {
    this.#pause.disabled = !this.#playing?.source.video;
    this.#pause.textContent = 'Pause';
    this.#stop.disabled = !this.#playing;
  }

  #complain(message: string): void {
    this.#error.textContent = message;
    this.#error.hidden = message === '';
  }
}

/** Why a video ended: nothing went wrong. */
const ENDED = 'ended by the visitor';
