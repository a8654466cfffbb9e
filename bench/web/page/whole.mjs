// One subject on a page of its own: upscales a whole picture, bytes in and bytes out.

import { watchLongTasks } from './long-tasks.mjs';
import { makePicture } from './picture.mjs';
import { upscaleTiled } from './tiling.mjs';

/**
 * Opens a subject of page/subjects/. `upscale()` resolves with {ms, longestTask}, `corner(edge)` with
 * the first pixels of the last result.
 */
export async function openWhole({ module, width, height, overlap, ...request }) {
  const { open } = await import(module);
  const { edge, scale } = request;
  const subject = await open({ ...request, picture: makePicture(edge, edge) });
  const { upscaleTile } = subject;
  const upscalePicture =
    subject.upscalePicture ??
    ((picture) => upscaleTiled(picture, { edge, overlap, scale, upscaleTile }));
  const picture = makePicture(width, height);
  const takeLongest = watchLongTasks();
  let last;
  return {
    async upscale() {
      // Long tasks are reported after they end, in a task of their own.
      const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
      await pause();
      takeLongest();
      const begin = performance.now();
      last = await upscalePicture(picture);
      const ms = performance.now() - begin;
      await pause();
      return { ms, longestTask: takeLongest() };
    },
    variant: subject.variant,
    size: () => [last.width, last.height],
    corner(extent) {
      const rows = [];
      for (let y = 0; y < extent; y++) {
        const from = y * last.width * 4;
        rows.push(...last.data.subarray(from, from + extent * 4));
      }
      return rows;
    },
    dispose: () => subject.dispose(),
  };
}
