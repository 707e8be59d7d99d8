// From CommonJS the types are those of `require`.
import repolock = require('repolock');
import { locked } from 'repolock/bullmq';

export async function pull(client: repolock.Client): Promise<number> {
  await using lock = await client.acquire('owner/name');
  return lock.fence;
}

export const processor = locked({ repoOf: () => 'owner/name' }, (job, lock) => lock.fence);
