// What a page's process holds, with all its workers.
import { readFile } from 'node:fs/promises';
import type { TestPage } from './pages.ts';

/** Whether {@link residentBytes} knows anything here. */
export const seesMemory = process.platform === 'linux';

/** The ids of the page's renderer processes. */
export async function rendererIds({ browser }: Pick<TestPage, 'browser'>): Promise<number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
}

/** Resident bytes of the page's renderer process, after garbage collection. */
export async function residentBytes({
  browser,
  page,
}: Pick<TestPage, 'browser' | 'page'>): Promise<number> {
  const pageSession = await page.context().newCDPSession(page);
  await pageSession.send('HeapProfiler.collectGarbage');
  await pageSession.detach();
  const sizes = await Promise.all(
    (await rendererIds({ browser })).map(async (id) => {
      const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    }),
  );
  return Math.max(...sizes);
}
