// Upscales a folder of pictures: node batch.mjs FROM TO. Needs `npm install tessera-sr sharp`.
import { mkdir, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import sharp from 'sharp';
import { Upscaler } from 'tessera-sr';

const [from, to] = process.argv.slice(2);
if (from === undefined || to === undefined) throw new Error('node batch.mjs FROM TO');
await mkdir(to, { recursive: true });
const names = (await readdir(from)).filter((name) => /\.(jpe?g|png|webp|avif)$/i.test(name));

const upscaler = await Upscaler.create({ model: 'photo-x2' });

/** @param {string} name */
async function enlarge(name) {
  const picture = sharp(join(from, name)).rotate().ensureAlpha().raw();
  const { data, info } = await picture.toBuffer({ resolveWithObject: true });
  const large = await upscaler.upscale({ data, width: info.width, height: info.height });
  const raw = { width: large.width, height: large.height, channels: /** @type {const} */ (4) };
  await sharp(large.data, { raw }).toFile(join(to, `${parse(name).name}.png`));
  console.log(`${name}: ${large.width}x${large.height}`);
}

/** Takes one after the other; two at a time keep the workers busy while files are read and written. */
async function work() {
  for (let name = names.shift(); name !== undefined; name = names.shift()) await enlarge(name);
}
await Promise.all([work(), work()]);
await upscaler.dispose();
