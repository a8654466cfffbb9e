import type { Consumer } from '../consumer.ts';
import { upscaling } from '../picture.ts';

// The page is rendered on the server too, where the library is imported and left alone.
const FILES = {
  'app/layout.jsx': `export default function Layout({ children }) {
    return <html lang="en"><body>{children}</body></html>;
  }`,
  'app/page.jsx': `'use client';
import { useEffect } from 'react';
import { Upscaler } from 'tessera-sr';
export default function Page() {
  useEffect(() => { ${upscaling()} }, []);
  return <h1>Upscaled</h1>;
}`,
};

const withBundler = (flag: '--turbopack' | '--webpack'): Consumer => ({
  name: `next ${flag}`,
  tools: ['next', 'react', 'react-dom'],
  async check(project) {
    project.write(FILES);
    const place = ['--port', 'PORT', '--hostname', '127.0.0.1'];
    const expectBytes = (url: string) => project.expectBytes(url);
    await project.whileServing('next', ['dev', flag, ...place], expectBytes);
    await project.bin('next', 'build', flag);
    await project.whileServing('next', ['start', ...place], expectBytes);
  },
});

export const NEXT: readonly Consumer[] = [withBundler('--turbopack'), withBundler('--webpack')];
