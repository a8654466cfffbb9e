import type { ModelSource } from '../../src/index.js';
import { byId, find, setText } from '../base/dom.js';
import { formatBytes, formatMegapixels } from '../base/format.js';
import { NETWORKS, nearestNetwork, type Traits } from './networks.js';

// What the sizes mean is the same at every scale: see the table of models in README.md.
const EFFORTS: Readonly<Record<string, string>> = {
  tiny: 'A quarter of the standard network’s work.',
  small: 'The usual choice.',
  medium: 'Three times the standard network’s work.',
  perceptual: 'Experimental: sharper to the eye, and it invents texture.',
};

const OWN_NOTE = 'Your network stays in this browser, as your pictures do.';

type Trait = keyof Traits;
const TRAITS: readonly Trait[] = ['kind', 'scale', 'effort'];

function radiosOf(trait: Trait): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(`input[name=${trait}]`)];
}

/** Which network the visitor has chosen: a shipped one, by what it is for, or their own. */
export class NetworkChoice {
  readonly #own = byId('own', HTMLElement);
  /** Output pixels per second that were measured here, by the network's name. */
  readonly #measured = new Map<string, number>();
  #files: File | readonly File[] | undefined;
  #shipped = nearestNetwork(this.#read());

  /** @param onchange - called when the visitor has chosen another one */
  constructor(onchange: () => void) {
    for (const trait of TRAITS) {
      for (const radio of radiosOf(trait)) {
        radio.addEventListener('change', () => {
          this.#files = undefined;
          this.#shipped = nearestNetwork(this.#read());
          this.#show();
          onchange();
        });
      }
    }
    find(this.#own, 'button', HTMLButtonElement).addEventListener('click', () => {
      this.#files = undefined;
      this.#show();
      byId('own-file', HTMLInputElement).focus();
      onchange();
    });
    this.#show();
  }

  /** What {@link Upscaler.create} takes. */
  get model(): ModelSource {
    return this.#files ?? this.#shipped.name;
  }

  /** The scale, when it is known before the network is loaded. */
  get scale(): number | undefined {
    return this.#files ? undefined : Number(this.#shipped.scale);
  }

  /** Chooses a network of the visitor's: one file, or several that belong together. */
  chooseOwn(files: readonly File[]): void {
    this.#files = files.length === 1 ? files[0] : files;
    this.#show();
  }

  /**
   * Remembers how fast the chosen network was here.
   *
   * @param speed - output pixels per second
   */
  setMeasured(name: string, speed: number): void {
    this.#measured.set(name, speed);
    this.#show();
  }

  #read(): Traits {
    const checked = (trait: Trait) => radiosOf(trait).find((radio) => radio.checked)?.value ?? '';
    return { kind: checked('kind'), scale: checked('scale'), effort: checked('effort') };
  }

  #show(): void {
    const { kind, scale } = this.#shipped;
    const ofKind = NETWORKS.filter((network) => network.kind === kind);
    const offered = {
      kind: NETWORKS,
      scale: ofKind,
      effort: ofKind.filter((network) => network.scale === scale),
    };
    for (const trait of TRAITS) {
      for (const radio of radiosOf(trait)) {
        radio.checked = !this.#files && this.#shipped[trait] === radio.value;
        radio.disabled = !offered[trait].some((network) => network[trait] === radio.value);
        // What one kind alone has is not even shown for the others.
        const label = radio.parentElement as HTMLElement;
        label.hidden = radio.value === 'perceptual' && radio.disabled;
      }
    }
    this.#own.hidden = !this.#files;
    const files = [this.#files ?? []].flat();
    setText('own-name', files.map(({ name }) => name).join(', '));
    setText('network-note', this.#files ? OWN_NOTE : this.#note());
  }

  #note(): string {
    const { name, bytes, effort } = this.#shipped;
    const speed = this.#measured.get(name);
    const measured =
      speed === undefined
        ? 'Not measured on this machine yet.'
        : `On this machine: ${formatMegapixels(speed)} megapixels of result per second.`;
    return `${name}, ${formatBytes(bytes)}. ${EFFORTS[effort] ?? ''} ${measured}`;
  }
}
