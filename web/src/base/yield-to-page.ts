/**
 * Ends the task, so that events and frames that wait are handled, and goes on in another. Not by a
 * timer: those of hidden pages fire once a second.
 */
export function yieldToPage(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
