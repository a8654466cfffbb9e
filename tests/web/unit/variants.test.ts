import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { chooseVariant, detectFeatures, type HostFeatures } from '../../../web/src/variants.ts';

const EVERYTHING: HostFeatures = {
  webAssembly: true,
  simd: true,
  relaxedSimd: true,
  sharedMemory: true,
};

test('auto takes relaxed SIMD without threads, even where threads could be had', () => {
  assert.equal(chooseVariant('auto', EVERYTHING).variant, 'relaxed');
});

test('auto falls back to plain SIMD and says why', () => {
  const { variant, reason } = chooseVariant('auto', { ...EVERYTHING, relaxedSimd: false });
  assert.equal(variant, 'simd');
  assert.match(reason, /no WebAssembly relaxed SIMD/);
});

test('a host without SIMD can run nothing', () => {
  const host = { ...EVERYTHING, simd: false, relaxedSimd: false };
  assert.throws(() => chooseVariant('auto', host), { code: 'ERR_UNSUPPORTED', message: /SIMD/ });
});

test('a host without WebAssembly is told that', () => {
  const host = { ...EVERYTHING, webAssembly: false, simd: false, relaxedSimd: false };
  assert.throws(() => chooseVariant('auto', host), {
    code: 'ERR_UNSUPPORTED',
    message: /no WebAssembly;/,
  });
});

test('threads without isolation are refused with what to do', () => {
  const host = { ...EVERYTHING, sharedMemory: false };
  assert.throws(() => chooseVariant('simd-mt', host), {
    code: 'ERR_UNSUPPORTED',
    message: /Cross-Origin-Opener-Policy/,
  });
  assert.notEqual(chooseVariant('auto', host).unavailable['relaxed-mt'], '');
});

test('a forced variant is taken', () => {
  assert.equal(chooseVariant('simd-mt', EVERYTHING).variant, 'simd-mt');
});

// V8 knows relaxed SIMD under a flag in Node 20 and always in later versions: either way, the probe
// must say yes when it is on. Node 20 without the flag is the no.
test('the probe modules are valid, and only where the instructions are', () => {
  assert.equal(detectFeatures().simd, true);
  const script = `
    import { detectFeatures } from ${JSON.stringify(new URL('../../../web/src/variants.ts', import.meta.url).href)};
    process.stdout.write(String(detectFeatures().relaxedSimd));`;
  const probe = (...flags: string[]) =>
    spawnSync(process.execPath, [...flags, '--import=tsx', '--input-type=module', '-e', script], {
      encoding: 'utf8',
    }).stdout;
  const major = Number(process.versions.node.split('.')[0]);
  if (major > 20) assert.equal(probe(), 'true');
  else {
    assert.equal(probe(), 'false');
    assert.equal(probe('--experimental-wasm-relaxed-simd'), 'true');
  }
});
