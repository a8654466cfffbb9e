/** The page's side of bench-worker.mjs: starts it on a module and returns a function that asks. */
export async function startBench(moduleUrl) {
  const worker = new Worker(new URL('bench-worker.mjs', import.meta.url), { type: 'module' });
  const ask = (request) =>
    new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        data.error === undefined ? resolve(data.value) : reject(new Error(data.error));
      worker.onerror = ({ message }) => reject(new Error(message || 'the worker did not start'));
      worker.postMessage(request);
    });
  await ask(moduleUrl);
  return (name, ...values) => ask([name, ...values]);
}
