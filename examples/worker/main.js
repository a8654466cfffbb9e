const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });

worker.addEventListener('message', ({ data }) => {
  if (data.error !== undefined) throw new Error(data.error);
  const canvas = /** @type {HTMLCanvasElement} */ (document.getElementById('canvas'));
  canvas.width = data.image.width;
  canvas.height = data.image.height;
  canvas.getContext('bitmaprenderer')?.transferFromImageBitmap(data.image);
});
worker.postMessage(new URL('../photo.webp', import.meta.url).href);
