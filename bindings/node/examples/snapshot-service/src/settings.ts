// What a worker is told by its environment. The locks have a variable of their own: REPOLOCK_URL.
import type { ConnectionOptions } from 'bullmq';

export interface Settings {
  /** Of the queue. Its connections are BullMQ's own. */
  redis: ConnectionOptions;
  /** Where the clones are. */
  clones: string;
  /** Where they come from: a repository's name and .git is put behind it. */
  upstreams: string;
  /** What is known of each repository: its snapshots, and who was told. */
  records: string;
}

export function settingsFrom(environment: NodeJS.ProcessEnv): Settings {
  const value = (name: string): string => {
    const found = environment[name];
    if (!found) throw new Error(`set ${name}: see README.md`);
    return found;
  };
  const redis = value('REDIS');
  return {
    redis: redis.startsWith('/') ? { path: redis } : hostOf(redis),
    clones: value('CLONES'),
    upstreams: value('UPSTREAMS'),
    records: value('RECORDS'),
  };
}

function hostOf(redis: string): ConnectionOptions {
  const found = /^([^:/]+):(\d+)$/.exec(redis);
  if (found === null) throw new Error(`REDIS is host:port or /path/to/socket, not ${redis}`);
  return { host: found[1], port: Number(found[2]) };
}
