import type { Browser } from 'playwright-core';

export declare function findChromium(): string;
export declare function launchBrowser(options?: { args?: string[] }): Promise<Browser>;
