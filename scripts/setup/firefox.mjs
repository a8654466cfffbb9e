// Firefox, in which the peer benchmark can run too. Nothing else uses it.

import { findFirefox } from '../lib/firefox.mjs';
import { step, warn } from '../lib/log.mjs';
import { run, which } from '../lib/run.mjs';

const PACKAGE = 'firefox-esr';

export async function setUpFirefox() {
  await step('Firefox', async () => {
    const found = findFirefox();
    if (found !== null) return found;
    if (process.getuid?.() === 0 && which('apt-get') !== null) {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['-q', 'update'], { env });
      await run('apt-get', ['-q', 'install', '--yes', '--no-install-recommends', PACKAGE], { env });
      const installed = findFirefox();
      if (installed !== null) return `installed, ${installed}`;
    }
    warn(`no Firefox: install it (Debian: apt-get install ${PACKAGE}) or set FIREFOX_PATH`);
    return 'not available';
  });
}
