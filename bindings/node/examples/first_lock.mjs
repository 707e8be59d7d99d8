// git fetch in the current directory, while nobody else has that repository.
import { execFileSync } from 'node:child_process';
import { open } from 'repolock';

const client = open();
await client.withLock(process.argv[2] ?? 'owner/name', (lock) => {
  console.log(`mine, with fence ${lock.fence}`);
  execFileSync('git', ['fetch'], { stdio: 'inherit' });
});
