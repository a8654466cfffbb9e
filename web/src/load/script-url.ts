// The script-tag build has no import.meta. The bundler puts this in its place (esbuild's `inject`
// with `define: {'import.meta.url': 'scriptUrl'}`), read while the script runs, since
// document.currentScript is null afterwards.
const scope: { document?: Document; location?: { href: string } } = globalThis;
const script = scope.document?.currentScript;

export const scriptUrl: string | undefined =
  script instanceof Object && 'src' in script && script.src !== ''
    ? String(script.src)
    : (scope.document?.baseURI ?? scope.location?.href);
