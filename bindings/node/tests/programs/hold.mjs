// hold.mjs URL REPO MODE: takes the lock, says so, and goes on as MODE says.
import { open } from 'repolock';

const [url, repo, mode] = process.argv.slice(2);
const client = open({ url, ttlMs: 1000 });
const lock = await client.acquire(repo, { onWaiting: () => console.log('waiting') });
console.log('held', lock.fence);

const modes = {
  stay: () => undefined,
  release: () => lock.release(),
  exit: () => process.exit(3),
  crash: () => {
    throw new Error('on purpose');
  },
  release_when_told: () => process.stdin.once('data', () => lock.release().then(() => process.stdin.unref())),
};
await modes[mode]();
