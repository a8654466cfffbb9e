/** Where the library looks for what is inside. Nobody serves this address. */
export const INSIDE = 'https://inside.tessera.invalid/';
