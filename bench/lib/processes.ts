// What a browser's processes have used, as the browser and the kernel count it.

import { readFileSync } from 'node:fs';
import type { Browser } from 'playwright-core';

interface ProcessInfo {
  type: string;
  id: number;
  cpuTime: number;
}

async function processesOf(browser: Browser): Promise<ProcessInfo[]> {
  const session = await browser.newBrowserCDPSession();
  try {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo;
  } finally {
    await session.detach();
  }
}

/** Seconds of all its processes together, since they began. */
export async function cpuSeconds(browser: Browser): Promise<number> {
  return (await processesOf(browser)).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
}

/** Greatest resident memory of a process that shows pages, in 10^6 bytes; undefined but on Linux. */
export async function peakMemory(browser: Browser): Promise<number | undefined> {
  const peaks = (await processesOf(browser))
    .filter(({ type }) => type === 'renderer')
    .flatMap(({ id }) => peakOf(id) ?? []);
  return peaks.length > 0 ? Math.max(...peaks) : undefined;
}

function peakOf(id: number): number | undefined {
  try {
    const found = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${id}/status`, 'utf8'));
    return found ? (Number(found[1]) * 1024) / 1e6 : undefined;
  } catch {
    return undefined;
  }
}
