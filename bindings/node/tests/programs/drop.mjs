// drop.mjs URL REPO: takes the lock, forgets it, and lets the collector find it; then takes it again.
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { open } from 'repolock';

const [url, repo] = process.argv.slice(2);
const client = open({ url, ttlMs: 1000 });

async function forget() {
  const lock = await client.acquire(repo);
  return lock.signal;
}

// A listener that refers to the lock does not keep it.
async function forgetWithListener() {
  const lock = await client.acquire(repo);
  lock.signal.addEventListener('abort', () => console.log(lock.fence));
  return new WeakRef(lock);
}

const listening = await forgetWithListener();
const collected = once(process, 'warning');
do {
  await turn(); // what was asked of a WeakRef lives to the end of the turn
  globalThis.gc();
} while (listening.deref() !== undefined);
await collected;

const signal = await forget();
const warned = once(process, 'warning');
while (!signal.aborted) {
  globalThis.gc();
  await turn();
}
const [warning] = await warned;
console.log(warning.code, signal.reason.name, signal.reason.reason);
const again = await client.acquire(repo);
console.log('again after', again.previous);
await again.release();
