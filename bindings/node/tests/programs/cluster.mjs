// cluster.mjs URL REPO: the primary holds the lock, its worker asks for it.
import cluster from 'node:cluster';
import { once } from 'node:events';
import { open } from 'repolock';

const [url, repo] = process.argv.slice(2);
const client = open({ url });
if (cluster.isPrimary) {
  const lock = await client.acquire(repo);
  const worker = cluster.fork();
  const [{ code, pid }] = await once(worker, 'message');
  await once(worker, 'exit');
  console.log(code, pid === process.pid, lock.held);
  await lock.release();
} else {
  const { code, holder } = await client.acquire(repo, { timeoutMs: 0 }).catch((error) => error);
  process.send({ code, pid: holder.pid });
  process.disconnect();
}
