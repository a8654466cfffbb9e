import type { Consumer } from '../consumer.ts';
import { program } from '../picture.ts';
import type { Project, Tool } from '../project.ts';

const page = (script: string): string =>
  `<!doctype html><script type="module" src="/${script}.js"></script>`;

const FILES = {
  'index.html': page('main'),
  'threads.html': page('threads'),
  'main.js': program(),
  'threads.js': program("{ variant: 'simd-mt' }"),
};

// Both pages are built; one needs cross-origin isolation.
const CONFIG = `export default {
  base: './',
  build: { rollupOptions: { input: ['index.html', 'threads.html'] } },
};`;

async function check(project: Project): Promise<void> {
  project.write({ ...FILES, 'vite.config.js': CONFIG });
  await project.whileServing('vite', ['--port', 'PORT', '--host', '127.0.0.1'], (url) =>
    project.expectBytes(url),
  );
  await project.bin('vite', 'build', '--logLevel', 'error');
  await project.expectPage('dist');
  await project.expectPage('dist', 'threads.html', { isolated: true });
}

export const VITE: readonly Consumer[] = (['vite', 'vite-7', 'vite-6', 'vite-5'] as Tool[]).map(
  (tool) => ({ name: tool, tools: [tool], check }),
);
