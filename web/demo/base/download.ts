import { make } from './dom.js';

/** How long a download may take to get hold of its data. */
const HOLD_MS = 10_000;

/** Lets the browser save a file. */
export function download(file: File): void {
  const link = make('a', { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), HOLD_MS);
}
