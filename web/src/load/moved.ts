// Vite 5 to 7 bundle a package anew for their development server, and leave behind the files beside
// it: in node_modules/.vite/deps, or where Nuxt, Angular, VitePress and Vitest keep their bundles.
const PREBUNDLED =
  /^(.*?\/)(?:node_modules\/\.[^/]+|\.angular|\.vitepress)\/(?:.*\/)?deps(?:_\w+)?\//;

/**
 * Where a file beside this library lies: when Vite has moved the library alone, in the package, which
 * the development server serves too.
 *
 * @param file - what `new URL('./file', import.meta.url)` gave; with Turbopack that is an object of another class, whose
 * address lacks the origin
 */
export function besideUnmoved({ href }: Pick<URL, 'href'>): URL {
  const { location }: { location?: { href: string } } = globalThis;
  const file = new URL(href, location?.href);
  const folder = PREBUNDLED.exec(file.pathname);
  if (folder === null) return file;
  const [bundles, root] = folder as unknown as [string, string];
  const own = file.pathname.slice(bundles.length);
  return new URL(`${root}node_modules/tessera-sr/dist/${own}`, file);
}

/** What to do when a file is not beside this library, which some tool has moved. */
export function movedAdvice(file: URL | undefined): string {
  return file !== undefined && /\/node_modules\/|\.angular\//.test(file.pathname)
    ? "; Vite has moved the library alone: add optimizeDeps: { exclude: ['tessera-sr'] } to its settings"
    : "; a tool that bundles the library without its files (Rollup, esbuild, Parcel, Angular) needs the package's " +
        'dist/ folder on the server, and its address as baseUrl';
}
