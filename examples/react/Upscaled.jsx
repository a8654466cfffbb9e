import { useEffect, useRef, useState } from 'react';
import { Upscaler } from 'tessera-sr';

// One for the whole page: all components share its workers.
const upscaler = new Upscaler();

/**
 * A picture that is replaced by its upscaled form, piece by piece.
 *
 * @param {{ src: string, alt: string }} props
 */
export function Upscaled({ src, alt }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const [failure, setFailure] = useState('');
  useEffect(() => {
    if (canvas.current === null) return;
    // StrictMode, and a new src, end this run and begin another.
    const stop = new AbortController();
    setFailure('');
    upscaler
      .upscale(src, { output: 'canvas', canvas: canvas.current, signal: stop.signal })
      .catch((error) => stop.signal.aborted || setFailure(error.message));
    return () => stop.abort();
  }, [src]);
  if (failure !== '') return <img src={src} alt={alt} title={failure} />;
  return <canvas ref={canvas} role="img" aria-label={alt} />;
}
