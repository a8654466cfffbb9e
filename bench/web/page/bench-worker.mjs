// The benchmark module in a worker, where the library's own kernels run too. The first message
// names the module; each later one is [function, ...arguments] and gets one reply.

let benchModule;

async function answer(request) {
  if (benchModule === undefined) {
    const { default: create } = await import(request);
    benchModule = await create();
    return null;
  }
  const [name, ...values] = request;
  return benchModule[name](...values);
}

self.onmessage = async ({ data }) => {
  try {
    postMessage({ value: await answer(data) });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
