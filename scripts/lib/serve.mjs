// A static file server for the demo and the browser tests.

import { createServer } from 'node:http';
import sirv from 'sirv';
import { UserError } from './log.mjs';

/**
 * The strictest policy the library promises to work under: no eval, no blob: workers, nothing from
 * elsewhere.
 */
export const STRICT_CSP = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const OPEN = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

// Without a type of its own an .onnx file would be sent with none at all, and browsers would guess.
const EXTRA_TYPES = { '.onnx': 'application/octet-stream' };

function listen(server, port, host) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      const inUse = error.code === 'EADDRINUSE';
      reject(
        inUse ? new UserError(`port ${port} is in use: choose another with --port, or 0`) : error,
      );
    });
    server.listen(port, host, () => resolve(server.address().port));
  });
}

/**
 * Serves a folder. Files are read anew at each request, so that a rebuild shows on reload.
 *
 * `isolated` sends COOP and COEP, which make the page cross-origin isolated (shared memory,
 * threads); `cors` lets pages of every origin load from it; `csp` is a Content-Security-Policy to send; `home` is the path that `/` leads to;
 * `onrequest` hears of each path that is asked for; `scripts` are JavaScript files by their paths, beside those of the folder; port 0 takes any free port. Resolves with
 * `{url, port, close()}`; `url` has no slash at its end.
 */
export async function serve({
  root,
  port = 0,
  host = '127.0.0.1',
  isolated = false,
  cors = false,
  csp,
  home,
  onrequest,
  scripts = {},
}) {
  const headers = {
    'X-Content-Type-Options': 'nosniff',
    ...(isolated ? ISOLATION : {}),
    ...(cors ? OPEN : {}),
    ...(csp ? { 'Content-Security-Policy': csp } : {}),
  };
  const setHeaders = (response, path) => {
    for (const [extension, type] of Object.entries(EXTRA_TYPES)) {
      if (path.endsWith(extension)) response.setHeader('Content-Type', type);
    }
  };
  const files = sirv(root, { dev: true, etag: true, setHeaders });

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    onrequest?.(decodeURIComponent(pathname));
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    // Without the slash at its end, the page's relative addresses would point one folder too high.
    if (home && (request.url === '/' || `${request.url}/` === home)) {
      response.writeHead(302, { Location: home }).end();
      return;
    }
    if (Object.hasOwn(scripts, pathname)) {
      response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(scripts[pathname]);
      return;
    }
    files(request, response, () => {
      response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('not found\n');
    });
  });
  const actualPort = await listen(server, port, host);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    port: actualPort,
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
