/**
 * Loads a picture into an image element that no page shows. It has its file's own size, and nobody
 * changes it.
 *
 * @param advice - for the error's message
 * @throws DOMException `EncodingError`, as `HTMLImageElement.decode` does.
 */
export function loadImage(
  url: string,
  crossOrigin: string | null,
  advice = '',
): Promise<HTMLImageElement> {
  return new Promise((resolve, reject) => {
    const image = new Image();
    image.crossOrigin = crossOrigin;
    image.onload = () => resolve(image);
    image.onerror = () => reject(notLoaded(url, advice));
    image.src = url;
  });
}

/** Says that a picture is not there or cannot be decoded. */
export const notLoaded = (url: string, advice = ''): DOMException =>
  new DOMException(`the picture ${url} could not be loaded${advice}`, 'EncodingError');
