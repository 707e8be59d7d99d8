// A Redis server of the demo's own, on a socket in its directory, which loses nothing when it is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export class RedisServer {
  readonly socket: string;
  #process: ChildProcess | undefined;

  constructor(private readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    this.socket = join(directory, 'socket');
  }

  async start(): Promise<void> {
    const started = spawn(
      'redis-server',
      ['--port', '0', '--unixsocket', this.socket, '--dir', this.directory]
        .concat(['--appendonly', 'yes', '--appendfsync', 'always'])
        .concat(['--save', '', '--maxmemory-policy', 'noeviction']),
      { stdio: ['ignore', 'pipe', 'inherit'], detached: true },
    );
    this.#process = started;
    await once(started, 'spawn');
    for await (const line of createInterface({ input: started.stdout! }))
      if (line.includes('ready to accept connections')) {
        started.stdout!.resume();
        return;
      }
    throw new Error('redis-server ended at once');
  }

  async kill(): Promise<void> {
    const killed = this.#process;
    this.#process = undefined;
    if (killed === undefined || killed.exitCode !== null) return;
    const ended = once(killed, 'exit');
    killed.kill('SIGKILL');
    await ended;
  }
}
