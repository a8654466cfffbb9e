// What Emscripten's scripts need before they can be shipped.

// Emscripten looks for the script of its threads under the name that it had when it was built, which
// bundlers change, and starts it as browsers allow it for scripts of the page's own origin alone.
const THREAD_SCRIPT = /new URL\("[\w-]+\.mjs",\s*import\.meta\.url\)/g;

// Emscripten's test for a thread, on Node, at the top of the module: bundlers such as Parcel refuse a
// module that waits there.
const TOP_AWAIT =
  /if\(isNode\)isPthread=\(await import\("node:worker_threads"\)\)\.workerData==="em-pthread";isPthread&&(\w+)\(\);/;

const THREAD_START = `
var threadPolicy;
function threadScript(address) {
  const {origin, trustedTypes} = globalThis;
  const own = !origin || new URL(address).origin === origin;
  const url = own ? address : URL.createObjectURL(
    new Blob(['import ' + JSON.stringify(address)], {type: 'text/javascript'}));
  try {
    threadPolicy ??= trustedTypes.createPolicy('tessera', {createScriptURL: (text) => text});
    return threadPolicy.createScriptURL(url);
  } catch {
    // Node takes a URL, or a path.
    return new URL(url);
  }
}
`;

/** The script with what must be otherwise in a page. Fails when Emscripten writes it in another way. */
export function prepareGlue(glue, threads) {
  if (!threads) return glue;
  if ((glue.match(THREAD_SCRIPT) ?? []).length !== 1) throw new Error('no start of threads found');
  if (!TOP_AWAIT.test(glue)) throw new Error('no test for a thread found');
  return (
    glue
      .replace(THREAD_SCRIPT, 'threadScript(import.meta.url)')
      .replace(
        TOP_AWAIT,
        'if (isNode) {' +
          'import("node:worker_threads").then((node) => node.workerData === "em-pthread" && $1());' +
          '} else if (isPthread) $1();',
      ) + THREAD_START
  );
}
