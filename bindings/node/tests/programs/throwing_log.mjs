// throwing_log.mjs URL: holds a lock, listens to the log, and throws.
import { open } from 'repolock';

const client = open({
  url: process.argv[2],
  logLevel: 'warn',
  onLog: () => {
    throw new Error('the log is full');
  },
});
await client.acquire('log/throws', { ttlMs: 1000 });
console.log('held');
