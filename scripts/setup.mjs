#!/usr/bin/env node
// Gets everything the build needs. Uses Node's builtins only, since it runs before `npm ci`; a part that is already
// in place is skipped, so that other commands can call it each time.

import { parseArgs } from 'node:util';
import { log, runMain } from './lib/log.mjs';
import { TOOLCHAIN } from './lib/paths.mjs';
import { setUpEmscripten } from './setup/emscripten.mjs';
import { setUpFirefox } from './setup/firefox.mjs';
import { setUpFuzzing } from './setup/fuzzing.mjs';
import { setUpHeaders } from './setup/headers.mjs';
import { checkNodeVersion, setUpNodePackages } from './setup/node-packages.mjs';
import { setUpSources } from './setup/sources.mjs';
import { setUpSystemPackages } from './setup/system-packages.mjs';
import { setUpTraining } from './setup/training.mjs';

const HELP = `node scripts/setup.mjs [--training] [--firefox] [--fuzzing] [--help]

Gets the tool chain: system packages (Debian, as root), Emscripten, the sources of XNNPACK, npm packages.
What is already there is left alone.

  --training  also Python with PyTorch, for models/train
  --firefox   also Firefox, for npm run bench
  --fuzzing   also Clang with libFuzzer, for npm run fuzz

Environment:
  TESSERA_TOOLCHAIN  folder for all of it (now ${TOOLCHAIN})
  TESSERA_SOURCES    folder that holds xnnpack/, pthreadpool/, fxdiv/, fp16/, cpuinfo/ already unpacked
`;

/** What the core is compiled with. */
async function setUpCore() {
  await setUpHeaders();
  await setUpEmscripten();
  await setUpSources();
}

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      training: { type: 'boolean' },
      firefox: { type: 'boolean' },
      fuzzing: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  checkNodeVersion();
  await setUpSystemPackages();
  await Promise.all([setUpNodePackages(), setUpCore()]);
  if (values.training) await setUpTraining();
  if (values.firefox) await setUpFirefox();
  if (values.fuzzing) await setUpFuzzing();
  log('Everything is in place.');
});
