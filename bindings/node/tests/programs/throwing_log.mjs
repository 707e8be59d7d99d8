// Listens to the log, and throws.
import { open } from 'repolock';

const client = open({
  url: 'redis+unix:///nowhere/socket',
  logLevel: 'debug',
  onLog: () => {
    throw new Error('the log is full');
  },
});
await client.acquire('log/throws');
