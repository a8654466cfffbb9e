import { VARIANTS, type Variant } from '../../src/index.js';
import { byId, setText } from '../base/dom.js';
import { formatTime, plural } from '../base/format.js';
import type { Prepared, Settings } from '../network/engine.js';

// As many as the library starts by itself at most; beyond that, memory grows faster than speed.
const MOST_WORKERS = 8;

const ISOLATED =
  'This page is cross-origin isolated, so the threaded variants (-mt) can be chosen as well.';
const NOT_ISOLATED =
  'Works without special headers: the tiles are spread over workers. Cross-origin isolation (COOP ' +
  'and COEP) would add the threaded variants, whose cores work on each tile together; they are ' +
  'about as fast.';

/** How many workers, and which build, as the visitor chooses; and what came of it. */
export class HowItRuns {
  readonly #workers = byId('workers', HTMLSelectElement);
  readonly #variant = byId('variant', HTMLSelectElement);

  /** @param onchange - called when the visitor has chosen otherwise */
  constructor(onchange: () => void) {
    const cores = navigator.hardwareConcurrency || 1;
    const most = Math.min(MOST_WORKERS, Math.max(cores, 2));
    for (let n = 1; n <= most; n++) this.#workers.add(new Option(String(n)));
    this.#workers.value = String(Math.min(cores, MOST_WORKERS));
    for (const variant of ['auto', ...VARIANTS]) this.#variant.add(new Option(variant, variant));
    setText('isolation', crossOriginIsolated ? ISOLATED : NOT_ISOLATED);
    for (const select of [this.#workers, this.#variant]) {
      select.addEventListener('change', onchange);
    }
  }

  get settings(): Pick<Settings, 'workers' | 'variant'> {
    return {
      workers: Number(this.#workers.value),
      variant: this.#variant.value as Settings['variant'],
    };
  }

  /** Shows what holds for every picture. Variants that cannot run here say what is missing. */
  show({ upscaler: { info }, milliseconds }: Prepared): void {
    const { workers, threads, unavailable, variant, reason } = info;
    const each = threads > 1 ? ` with ${plural(threads, 'thread')}` : '';
    setText('fact-variant', `${variant}: ${reason}`);
    setText('fact-workers', plural(workers, 'worker') + each);
    setText('fact-start', formatTime(milliseconds));
    for (const option of this.#variant.options) {
      const missing = unavailable[option.value as Variant] ?? '';
      option.disabled = missing !== '';
      option.title = missing;
    }
  }
}
