// The script-tag build: its exports join the library's in one global, whichever was there first.
import * as element from './index.js';

const scope = globalThis as { Tessera?: object };
scope.Tessera = Object.assign(scope.Tessera ?? {}, element);
