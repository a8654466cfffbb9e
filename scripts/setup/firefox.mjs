// Firefox, in which the peer benchmark can run too. Nothing else uses it.

import { findFirefox } from '../lib/firefox.mjs';
import { setUpOptional } from './system-packages.mjs';

const PACKAGES = ['firefox-esr'];

export const setUpFirefox = () =>
  setUpOptional('Firefox', {
    packages: PACKAGES,
    find: findFirefox,
    without: `no Firefox: install it (Debian: apt-get install ${PACKAGES}) or set FIREFOX_PATH`,
  });
