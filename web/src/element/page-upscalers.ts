/** The page's upscalers: one for each model, made when a picture first needs it. */
import type { CreateOptions, Upscaler } from '../index.js';

/** What can be said for all upscalers of the page. */
export type PageOptions = Omit<
  CreateOptions,
  'model' | 'integrity' | 'output' | 'inputs' | 'signal' | 'onprogress'
>;

const upscalers = new Map<string, Promise<Upscaler>>();
let pageOptions: PageOptions = {};

/** Says how the upscalers of this page are made. To be called before the first picture is in view. */
export function configure(options: PageOptions): void {
  pageOptions = { ...options };
}

/**
 * The upscaler of a model. The library itself is loaded now and not with the page.
 *
 * @throws as `Upscaler.create` does.
 */
export function upscalerFor(model: string): Promise<Upscaler> {
  const known = upscalers.get(model);
  if (known !== undefined) return known;
  const made = import('../index.js').then((library) =>
    library.Upscaler.create({ ...pageOptions, model }),
  );
  upscalers.set(model, made);
  // The next picture tries again.
  made.catch(() => upscalers.delete(model));
  return made;
}
