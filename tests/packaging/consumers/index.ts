import type { Consumer } from '../consumer.ts';
import { BUNDLERS } from './bundlers.ts';
import { HTML } from './html.ts';
import { NEXT } from './next.ts';
import { NODE } from './node.ts';
import { VITE } from './vite.ts';

/** Every consumer that is tried. */
export const CONSUMERS: readonly Consumer[] = [...HTML, ...NODE, ...VITE, ...BUNDLERS, ...NEXT];
