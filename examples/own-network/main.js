// A network of the visitor's: what it is, and what it makes of a picture.
import { TesseraError, Upscaler } from 'tessera-sr';

const input = /** @type {HTMLInputElement} */ (document.getElementById('file'));
const facts = /** @type {HTMLElement} */ (document.getElementById('facts'));
const before = /** @type {HTMLImageElement} */ (document.getElementById('before'));
const after = /** @type {HTMLElement} */ (document.getElementById('after'));

/** @param {File} model */
async function tryNetwork(model) {
  await using upscaler = await Upscaler.create({ model });
  const { scale, parameters, channels, exact, notExactBecause, nodes } = upscaler.model;
  const lines = [
    `${parameters} parameters, ${nodes.length} operators, scale ${scale}, ${channels} channels`,
    exact ? 'tiles are exact' : `tiles are not exact: ${notExactBecause}`,
    // Such as a range of values that is not the one it was trained on.
    ...upscaler.info.warnings,
  ];
  facts.textContent = lines.join('\n');
  after.replaceChildren(await upscaler.upscale(before, { output: 'canvas' }));
}

input.addEventListener('change', async () => {
  const file = input.files?.[0];
  if (file === undefined) return;
  after.replaceChildren();
  try {
    await tryNetwork(file);
  } catch (error) {
    // The sentence names the operator that stands in the way.
    if (!(error instanceof TesseraError)) throw error;
    facts.textContent = `${error.code}: ${error.message}`;
  }
});
