// The worker processes: started, killed, replaced, stopped. This is their supervisor.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const WORKER = fileURLToPath(new URL('worker.js', import.meta.url));

export class Fleet {
  readonly #running = new Map<number, ChildProcess>();
  readonly #environment: NodeJS.ProcessEnv;
  /** What a worker ended with that nobody had killed or stopped. */
  readonly died: string[] = [];

  constructor(environment: Record<string, string>, workers: number) {
    this.#environment = { ...process.env, ...environment };
    for (let number = 0; number < workers; ++number) this.#start();
  }

  #start(): void {
    const child = spawn(process.execPath, [WORKER], {
      env: this.#environment,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const pid = child.pid!;
    this.#running.set(pid, child);
    child.once('exit', (code, signal) => {
      if (this.#running.delete(pid)) this.died.push(`worker ${pid}: ${signal ?? code}`);
    });
  }

  has(pid: number): boolean {
    return this.#running.has(pid);
  }

  /** SIGKILL; another one takes its place. */
  async replace(pid: number): Promise<void> {
    const child = this.#running.get(pid)!;
    this.#running.delete(pid);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    this.#start();
  }

  signal(pid: number, signal: NodeJS.Signals): void {
    this.#running.get(pid)!.kill(signal);
  }

  /** SIGTERM to all; how they ended. */
  async stop(): Promise<(number | null)[]> {
    const children = [...this.#running.values()];
    this.#running.clear();
    const ends = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGTERM');
    return (await Promise.all(ends)).map(([code]) => code as number | null);
  }

  destroy(): void {
    for (const child of this.#running.values()) child.kill('SIGKILL');
    this.#running.clear();
  }
}
