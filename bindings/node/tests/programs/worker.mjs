// A worker thread {url, repo, mode}: takes a lock and keeps it, waits for one, or never stops.
import { parentPort, workerData } from 'node:worker_threads';
import { open } from 'repolock';

const { url, repo, mode } = workerData;
const client = open({ url, ttlMs: 1000 });
if (mode === 'wait') {
  await client.acquire(repo, { onWaiting: () => parentPort.postMessage('waiting') });
} else if (mode === 'hold') {
  const lock = await client.acquire(repo);
  parentPort.postMessage(lock.fence);
  lock.signal.addEventListener('abort', () => {});
} else {
  for (let turn = 0; ; ++turn) {
    await client.withLock(repo, () => undefined);
    if (turn === 3) parentPort.postMessage('busy');
  }
}
