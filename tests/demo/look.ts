// Looks at a page as it is: a screenshot, and what is wrong with it.
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { accessibilityFaults } from '../web/support/accessibility.ts';

/** What was found in one state. */
export interface Look {
  state: string;
  /** Lines; empty when nothing is wrong. */
  faults: string[];
  /** What moved by itself since the visit began, as the browser adds it up. */
  shift: number;
}

declare global {
  interface Window {
    /** Put in by {@link WATCH_SHIFTS}. */
    layoutShift: number;
  }
}

/** A script for the page: adds up what moves without the visitor's doing. */
export const WATCH_SHIFTS = `
  window.layoutShift = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput) window.layoutShift += entry.value;
    }
  }).observe({ type: 'layout-shift', buffered: true });
`;

/** Writes FOLDER/STATE.png, and looks. */
export async function look(page: Page, state: string, folder: string): Promise<Look> {
  await page.screenshot({ path: join(folder, `${state}.png`), fullPage: true });
  const faults = await accessibilityFaults(page);
  const { scrollWidth, clientWidth, shift } = await page.evaluate(() => ({
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: document.documentElement.clientWidth,
    shift: window.layoutShift,
  }));
  if (scrollWidth > clientWidth) faults.push(`sticks out: ${scrollWidth} of ${clientWidth} pixels`);
  return { state, faults, shift };
}
