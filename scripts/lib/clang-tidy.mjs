// Which clang-tidy: from 22 on it leaves out what system headers declare.

import { which } from './run.mjs';

/** The package of Debian 12 (from its security updates) that has it. */
export const CLANG_TIDY_PACKAGE = 'clang-tidy-22';

/** The newest clang-tidy there is, or null. */
export const clangTidy = () =>
  ['clang-tidy-22', 'clang-tidy'].find((n) => which(n) !== null) ?? null;
