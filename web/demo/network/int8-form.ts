import type { QuantizationInfo, Upscaler } from '../../src/index.js';
import { byId, setText } from '../base/dom.js';
import { download } from '../base/download.js';
import { describeError } from '../base/errors.js';
import type { Prepared } from './engine.js';

const BEING_MADE = 'An int8 form of it is being made; until then it runs in float.';

function describe({ state, because, psnr, kept }: QuantizationInfo): string {
  switch (state) {
    case 'waiting':
      return 'An int8 form of it will be made from the next picture.';
    case 'working':
      return BEING_MADE;
    case 'int8': {
      if (because !== '') return `It runs in int8: ${because}.`;
      const when = kept ? ', made on an earlier visit' : ' from now on';
      return `It runs in int8${when}: its results are ${psnr.toFixed(1)} dB from those in float.`;
    }
    case 'float':
      return `It stays in float: ${because}.`;
  }
}

const percent = (fraction: number) => `${Math.round(100 * fraction)} %`;

/** What becomes of making a visitor's network int8, and its file. */
export class Int8Form {
  readonly #save = byId('int8-save', HTMLButtonElement);
  readonly #onchange: (upscaler: Upscaler) => void;
  #prepared: Prepared | undefined;
  /** Whose int8 form is waited for. */
  #followed: Prepared | undefined;

  /** @param onchange - called when the network runs in int8 from now on */
  constructor(onchange: (upscaler: Upscaler) => void) {
    this.#onchange = onchange;
    this.#save.addEventListener('click', () => void this.#export());
  }

  /** Another network is being loaded. */
  hide(): void {
    this.#prepared = undefined;
    this.#say('', false);
  }

  /** Shows how far the int8 form of the network is. */
  tell(fraction: number): void {
    if (fraction < 1) this.#say(`${BEING_MADE} ${percent(fraction)} done.`, false);
  }

  /** Shows what holds for a network that was loaded, and what it becomes. */
  show(prepared: Prepared): void {
    const { upscaler } = prepared;
    const { quantization } = upscaler.info;
    if (quantization === null) {
      this.hide();
      return;
    }
    this.#prepared = prepared;
    this.#say(describe(quantization), quantization.state === 'int8' && quantization.psnr > 0);
    if (quantization.state === 'working' && this.#followed !== prepared)
      void this.#follow(prepared);
  }

  async #follow(prepared: Prepared): Promise<void> {
    this.#followed = prepared;
    const { upscaler } = prepared;
    const { state } = await upscaler.quantize().catch(() => ({ state: 'float' }));
    if (this.#prepared !== prepared) return;
    this.show(prepared);
    if (state === 'int8') this.#onchange(upscaler);
  }

  #say(text: string, hasFile: boolean): void {
    setText('int8-note', text);
    this.#save.hidden = !hasFile;
  }

  async #export(): Promise<void> {
    const { upscaler, settings } = this.#prepared ?? {};
    if (upscaler === undefined || settings === undefined) return;
    try {
      const [file] = [settings.model].flat() as [File];
      const name = file.name.replace(/\.[^.]*$/, '');
      download(new File([await upscaler.exportModel()], `${name}-int8.onnx`));
    } catch (error) {
      this.#say(describeError(error), true);
    }
  }
}
