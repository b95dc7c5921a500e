// The shop's server: pages from this folder, a sign-in with a cookie, and the newsletter. No dependencies.
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));
const types = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript' };
const readers = { 'ada@example.com': { password: 'harbour', name: 'Ada' } };

function body(request) {
  return new Promise((resolve) => {
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => resolve(new URLSearchParams(text)));
  });
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, 'http://shop');
  const reader = /session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
  const redirect = (location, headers = {}) => response.writeHead(303, { location, ...headers }).end();

  if (request.method === 'POST' && pathname === '/login') {
    const form = await body(request);
    const found = readers[form.get('email')];
    if (found?.password !== form.get('password')) return redirect('/login?failed');
    return redirect('/account', { 'set-cookie': `session=${found.name}; HttpOnly; Path=/` });
  }
  if (request.method === 'POST' && pathname === '/logout') {
    return redirect('/', { 'set-cookie': 'session=; Max-Age=0; Path=/' });
  }
  if (pathname === '/api/me') {
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ name: reader ?? null }));
  }
  if (pathname === '/account' && !reader) return redirect('/login');

  const name = pathname === '/' ? 'index.html' : extname(pathname) ? pathname.slice(1) : `${pathname.slice(1)}.html`;
  const file = join(root, name);
  if (!file.startsWith(root) || !types[extname(file)] || !existsSync(file)) {
    return response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
  }
  response.writeHead(200, { 'content-type': types[extname(file)] });
  createReadStream(file).pipe(response);
});

server.listen(Number(process.env.PORT ?? 4173), '127.0.0.1');
