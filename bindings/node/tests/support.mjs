// What the tests share: backends to lock in, a redis-server of their own, and child processes.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { open } from 'repolock';

/** A directory that goes with the test file. */
export function scratch() {
  const directory = mkdtempSync(join(tmpdir(), 'repolock-node-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The URL of a redis-server on a socket of its own, which ends with the test file. */
export async function redisServer(...options) {
  const directory = scratch();
  const socket = join(directory, 'socket');
  const server = spawn('redis-server', [
    ...['--port', '0', '--unixsocket', socket, '--dir', directory],
    ...['--save', '', '--appendonly', 'no', ...options],
  ]);
  after(() => server.kill('SIGKILL'));
  let said = '';
  for await (const chunk of server.stdout) {
    said += chunk;
    if (said.includes('ready to accept connections')) {
      server.stdout.resume();
      return { url: `redis+unix://${socket}`, server };
    }
  }
  throw new Error(`redis-server did not start: ${said}`);
}

/** [what, URL] of each backend. */
export async function backends() {
  return [
    ['memory:', 'memory:tests'],
    ['file:', `file://${scratch()}`],
    ['redis:', (await redisServer()).url],
  ];
}

/** A client that is shut down when the test has ended. */
export function clientOf(t, url, options = {}) {
  const client = open({ url, ...options });
  t.after(() => client.shutdown({ timeoutMs: 0 }));
  return client;
}

/** Resolves when somebody waits for the repository in `client`. */
export function waiting(client, repo, options = {}) {
  let acquired;
  const begun = new Promise((resolve) => {
    acquired = client.acquire(repo, { ...options, onWaiting: resolve });
    acquired.catch(() => {});
  });
  return { begun, acquired };
}

/** Runs tests/programs/NAME.mjs; its lines and its end can be awaited. */
export function program(name, ...args) {
  const file = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', file, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  after(() => child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return {
    child,
    said: async (text) => {
      while (!stdout.includes(text)) {
        if (child.exitCode !== null) throw new Error(`ended without "${text}": ${stdout}${stderr}`);
        await Promise.race([once(child.stdout, 'data'), once(child, 'close')]);
      }
    },
    ended: once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr })),
  };
}
