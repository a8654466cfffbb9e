// One large network on a page of its own: a whole picture, and how the page fares meanwhile.

import { watchLongTasks } from './long-tasks.mjs';
import { makePicture } from './picture.mjs';

/** Resolves with an upscaler whose `upscale()` tells what was seen. */
export async function openLarge({ file, width, height, workers }) {
  const { Upscaler } = await import('/dist/tessera.mjs');
  const takeLongest = watchLongTasks();
  const upscaler = await Upscaler.create({ model: file, workers, baseUrl: '/dist/' });
  const picture = makePicture(width, height);
  // Long tasks are reported after they end, in a task of their own.
  const pause = () => new Promise((resolve) => setTimeout(resolve, 100));
  return {
    /**
     * {ms, longestPause, longestTask, longestTaskLoading, width, height, tiles, tile, overlap}; times
     * in milliseconds.
     */
    async upscale() {
      await pause();
      const longestTaskLoading = takeLongest();
      const { tiles, tile, overlap } = await upscaler.estimate({ width, height });
      const begin = performance.now();
      let last = begin;
      let longestPause = 0;
      let before = 0;
      const onprogress = (fraction) => {
        if (fraction <= before) return;
        const now = performance.now();
        longestPause = Math.max(longestPause, now - last);
        [last, before] = [now, fraction];
      };
      const result = await upscaler.upscale(picture, { output: 'raw', onprogress });
      const ms = performance.now() - begin;
      await pause();
      return {
        ...{ ms, longestPause, longestTask: takeLongest(), longestTaskLoading },
        ...{ width: result.width, height: result.height, tiles, tile, overlap },
      };
    },
    dispose: () => upscaler.dispose(),
  };
}
