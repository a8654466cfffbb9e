// From nothing to the first upscaled tile: the whole life of a page that shows one.

import { makePicture } from './picture.mjs';

/** Resolves with the milliseconds from the beginning of the page's load to the first result, and ours' variant. */
export async function start({ module, ...request }) {
  const { open } = await import(module);
  const subject = await open({ ...request, picture: makePicture(request.edge, request.edge) });
  await subject.run();
  subject.result();
  return { ms: performance.now(), variant: subject.variant };
}
