/** The folder with `wasm/` and `models/`; the bundled command line lies in `cli/` inside it. */
export const BASE_URL = new URL('../', import.meta.url);
