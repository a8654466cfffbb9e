// For the CommonJS build, which has no import.meta (see scripts/lib/bundle.mjs).
import { pathToFileURL } from 'node:url';

export const scriptUrl: string = pathToFileURL(__filename).href;
