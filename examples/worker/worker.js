// The library in a worker works as in a page: it has workers of its own for the tiles.
import { Upscaler } from 'tessera-sr';

const upscaler = new Upscaler();

addEventListener('message', async ({ data: url }) => {
  try {
    const image = await upscaler.upscale(url, { output: 'imagebitmap' });
    postMessage({ image }, { transfer: [image] });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
