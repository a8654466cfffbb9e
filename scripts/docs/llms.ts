// llms.txt: where the answers are, for programs that read documents.

import { CHAPTERS, titleOf } from './pages.ts';

const HEAD = `# Tessera

> Super-resolution in the browser on the visitor's CPU: npm package \`tessera-sr\`, TypeScript API, WebAssembly workers. No GPU,
> no server, no special headers.

\`import { Upscaler } from 'tessera-sr'\`; \`const upscaler = await Upscaler.create({ model: 'photo-x2' })\`;
\`await upscaler.upscale(image, { output: 'blob' })\`; \`await upscaler.dispose()\`. In Node pass \`{ data, width, height }\`.
`;

/** The file as text. */
export function llmsText(): string {
  const chapters = CHAPTERS.map(({ title, documents }) => {
    const lines = documents.map(([file, about]) => `- [${titleOf(file)}](${file}): ${about}`);
    return `## ${title}\n\n${lines.join('\n')}\n`;
  });
  return `${HEAD}\n${chapters.join('\n')}`;
}
