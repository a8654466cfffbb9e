// Tasks that block a page.

/** Returns a function: the longest task since its last call, in milliseconds; browsers report those of 50 and more, or none at all. */
export function watchLongTasks() {
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return () => undefined;
  let longest = 0;
  const note = (entries) => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'longtask' });
  return () => {
    note(observer.takeRecords());
    const found = longest;
    longest = 0;
    return found;
  };
}
