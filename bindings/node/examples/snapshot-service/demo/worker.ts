// A worker as in src/worker.ts, with a witness, short leases, and an event loop that SIGUSR2 blocks.
import { configureRepoLock } from 'repolock';

import { QueueWorker, Service } from '../src/service.js';
import { settingsFrom } from '../src/settings.js';
import { witnessIn } from './witness.js';

export const TTL_MS = 5000;

configureRepoLock({
  ttlMs: TTL_MS,
  timeoutMs: 60_000,
  config: { max_ttl_ms: TTL_MS, 'redis.durability': 'aof_always' },
});
const settings = settingsFrom(process.env);
const worker = new QueueWorker(new Service(settings, witnessIn(process.env['WITNESS']!)), settings);
process.once('SIGTERM', () => void worker.end());
process.on('SIGUSR2', () => {
  const end = Date.now() + 3 * TTL_MS;
  while (Date.now() < end); // nothing of JavaScript runs here now
});
