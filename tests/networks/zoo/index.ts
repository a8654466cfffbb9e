import type { Network } from '../network.ts';
import { classic } from './classic.ts';
import { efficient } from './efficient.ts';
import { mobile } from './mobile.ts';
import { recent } from './recent.ts';
import { residuals } from './residual.ts';
import { restoration } from './restoration.ts';
import { unusual } from './unusual.ts';
import { windowed } from './windows.ts';

/** Every network, in the order in which they are run. */
export const NETWORKS: readonly Network[] = [
  ...classic,
  ...residuals,
  ...mobile,
  ...efficient,
  ...restoration,
  ...recent,
  ...unusual,
  ...windowed,
];
