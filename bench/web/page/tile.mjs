// One subject on a page of its own: upscales the same tile again and again.

import { makePicture } from './picture.mjs';

/**
 * Opens a subject of page/subjects/. Returns {sample, variant, result, dispose}: `sample(ms,
 * least)` upscales for at least that long and resolves with the milliseconds per tile of each run.
 */
export async function openTile({ module, ...request }) {
  const { open } = await import(module);
  const picture = makePicture(request.edge, request.edge);
  const subject = await open({ ...request, picture });

  async function sample(ms, least) {
    const times = [];
    const end = performance.now() + ms;
    do {
      const begin = performance.now();
      await subject.run();
      times.push((performance.now() - begin) / subject.tiles);
    } while (times.length < least || performance.now() < end);
    return times;
  }

  return {
    sample,
    variant: subject.variant,
    dispose: () => subject.dispose(),
    /** The bytes of the last result, as a string that survives the way out of the page. */
    result() {
      const { data, width, height } = subject.result();
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      let text = '';
      for (let i = 0; i < bytes.length; i += 8192) {
        text += String.fromCharCode(...bytes.subarray(i, i + 8192));
      }
      return { data: btoa(text), width, height };
    },
  };
}
