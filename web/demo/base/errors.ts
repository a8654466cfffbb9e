import { TesseraError } from '../../src/index.js';

/** What this page can offer besides the library's own advice. */
function adviceFor(error: TesseraError): string {
  switch (error.code) {
    case 'ERR_OUT_OF_MEMORY':
      return ' Here: choose fewer workers or a smaller picture.';
    case 'ERR_IMAGE_TOO_LARGE':
      return ' Here: choose a smaller picture.';
    case 'ERR_LOAD':
      return ' Here: check the connection, then try again.';
    case 'ERR_MODEL_FORMAT':
    case 'ERR_MODEL_OP':
      return ' Here: choose another file, or one of the networks that come with the page.';
    default:
      return '';
  }
}

/** An error in words. */
export function describeError(error: unknown): string {
  if (error instanceof TesseraError) return `${error.message} (${error.code}).${adviceFor(error)}`;
  return error instanceof Error ? error.message : String(error);
}
