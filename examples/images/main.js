// Each <img> gets its upscaled picture when it is scrolled to.
import { Upscaler } from 'tessera-sr';

const upscaler = new Upscaler();

/** @param {HTMLImageElement} image */
async function improve(image) {
  const file = await upscaler.upscale(image, { output: 'blob', type: 'image/webp' });
  const url = URL.createObjectURL(file);
  image.addEventListener('load', () => URL.revokeObjectURL(url), { once: true });
  // A picture of twice the density takes the same room on the page; the one of src would count as sharp enough.
  image.srcset = `${url} ${upscaler.model.scale}x`;
  image.removeAttribute('src');
}

const observer = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    observer.unobserve(target);
    improve(/** @type {HTMLImageElement} */ (target)).catch(console.error);
  }
});
for (const image of document.images) observer.observe(image);
