import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Upscaled } from './Upscaled.jsx';

createRoot(/** @type {HTMLElement} */ (document.getElementById('root'))).render(
  <StrictMode>
    <Upscaled src="../photo.webp" alt="Books and oranges before a brick wall" />
  </StrictMode>,
);
