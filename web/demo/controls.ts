import { VARIANTS, type Variant, type VariantReport } from '../src/index.js';
import { byId } from './dom.js';
import { shippedNetworks } from './networks.js';
import type { Settings } from './runner.js';

/** What the page does when a control is used. */
export interface ControlHandlers {
  onsample(): void;
  oncancel(): void;
  onagain(): void;
  onsettings(): void;
  onsave(): void;
}

// As many as the library starts by itself at most; beyond that, memory grows faster than speed.
const MOST_WORKERS = 8;

const ISOLATED =
  'This page is cross-origin isolated, so the threaded variants (-mt) can be chosen as well.';
const NOT_ISOLATED =
  'Works without special headers: the tiles are spread over workers. Cross-origin isolation (COOP ' +
  'and COEP) would add the threaded variants, whose cores work on each tile together; they are ' +
  'about as fast.';

function addOption(select: HTMLSelectElement, value: string, text: string): void {
  select.add(new Option(text, value));
}

/** The buttons, settings and progress bar. */
export class Controls {
  readonly #network = byId('network', HTMLSelectElement);
  readonly #workers = byId('workers', HTMLSelectElement);
  readonly #variant = byId('variant', HTMLSelectElement);
  readonly #cancel = byId('cancel', HTMLButtonElement);
  readonly #proceed = byId('proceed', HTMLButtonElement);
  readonly #save = byId('save', HTMLButtonElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  /** Networks of the visitor's, by the option's value. */
  readonly #files = new Map<string, File>();
  #confirm: (() => void) | undefined;

  constructor() {
    for (const { name, text } of shippedNetworks()) addOption(this.#network, name, text);
    const cores = navigator.hardwareConcurrency || 1;
    const most = Math.min(MOST_WORKERS, Math.max(cores, 2));
    for (let n = 1; n <= most; n++) addOption(this.#workers, String(n), String(n));
    this.#workers.value = String(Math.min(cores, MOST_WORKERS));
    addOption(this.#variant, 'auto', 'auto');
    for (const variant of VARIANTS) addOption(this.#variant, variant, variant);
    byId('isolation', HTMLElement).textContent = crossOriginIsolated ? ISOLATED : NOT_ISOLATED;
  }

  get settings(): Settings {
    return {
      model: this.#files.get(this.#network.value) ?? this.#network.value,
      workers: Number(this.#workers.value),
      variant: this.#variant.value as Variant | 'auto',
    };
  }

  /** Offers a network of the visitor's, and chooses it. */
  addNetwork(file: File): void {
    const value = `file ${this.#files.size}`;
    this.#files.set(value, file);
    addOption(this.#network, value, file.name);
    this.#network.value = value;
  }

  connect(handlers: ControlHandlers): void {
    byId('sample', HTMLButtonElement).addEventListener('click', () => handlers.onsample());
    this.#cancel.addEventListener('click', () => handlers.oncancel());
    this.#save.addEventListener('click', () => handlers.onsave());
    for (const select of [this.#network, this.#workers, this.#variant]) {
      select.addEventListener('change', () => handlers.onsettings());
    }
    this.#proceed.addEventListener('click', () => {
      if (this.#confirm) this.#confirm();
      else handlers.onagain();
    });
  }

  /** Resolves when the visitor presses the button that goes on; rejects when `signal` aborts. */
  async waitForProceed(signal: AbortSignal): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#confirm = resolve;
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    } finally {
      this.#confirm = undefined;
    }
  }

  /** Shows the buttons that make sense now. A button that disappears hands its focus on. */
  showState(state: string): void {
    const active = document.activeElement;
    const busy = state === 'loading' || state === 'running' || state === 'asking';
    this.#cancel.hidden = !busy;
    this.#proceed.hidden = state === 'done' || state === 'loading' || state === 'running';
    this.#proceed.textContent = state === 'asking' ? 'Enlarge it' : 'Try again';
    this.#save.hidden = state !== 'done';
    const lost = active instanceof HTMLElement && active.hidden;
    if (lost) [this.#save, this.#proceed, this.#cancel].find((button) => !button.hidden)?.focus();
  }

  /** @param fraction - in [0, 1] */
  showProgress(fraction: number): void {
    this.#progress.value = fraction;
  }

  /** Greys out the variants that cannot run here, each with what is missing. */
  showAvailable({ unavailable }: VariantReport): void {
    for (const option of this.#variant.options) {
      const missing = unavailable[option.value as Variant] ?? '';
      option.disabled = missing !== '';
      option.title = missing;
    }
  }
}
