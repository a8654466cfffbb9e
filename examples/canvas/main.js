// A file of the visitor's: tiles appear as they finish, and the result can be saved.
import { Upscaler } from 'tessera-sr';

/**
 * @template {Element} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
function element(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`the page has no #${id}`);
  return found;
}

const input = element('file', HTMLInputElement);
const progress = element('progress', HTMLProgressElement);
const canvas = element('canvas', HTMLCanvasElement);
const save = element('save', HTMLAnchorElement);
const upscaler = new Upscaler();

/** @param {File} file */
async function show(file) {
  save.hidden = true;
  await upscaler.upscale(file, {
    output: 'canvas',
    canvas,
    // A file that is chosen later takes this one's place.
    key: 'shown',
    onprogress: (fraction) => {
      progress.value = fraction;
    },
  });
  canvas.toBlob((large) => {
    if (large === null) return;
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(large);
    save.hidden = false;
  });
}

input.addEventListener('change', () => {
  const file = input.files?.[0];
  if (file === undefined) return;
  show(file).catch((error) => {
    if (error.name !== 'AbortError') alert(error.message);
  });
});
element('cancel', HTMLButtonElement).addEventListener('click', () => upscaler.abort());
