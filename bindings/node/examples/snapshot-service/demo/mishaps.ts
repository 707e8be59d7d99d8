// What goes wrong on purpose, each when a share of the jobs is done: a worker is killed while its git
// is at work, the event loop of another is blocked for three ttl, the Redis server is killed.
import { setTimeout as pause } from 'node:timers/promises';

import type { Fleet } from './fleet.js';
import type { RedisServer } from './redis.js';
import { linesOf, type Visit } from './witness.js';

type Inside = Pick<Visit, 'pid' | 'repo' | 'what' | 'began'>;

export class Mishaps {
  #toCome: { share: number; happen: () => Promise<boolean> }[];

  constructor(
    private readonly fleet: Fleet,
    private readonly server: RedisServer,
    private readonly witness: string,
    private readonly say: (line: string) => void,
  ) {
    this.#toCome = [
      { share: 0.25, happen: () => this.#killWorker() },
      { share: 0.4, happen: () => this.#blockLoop() },
      { share: 0.7, happen: () => this.#killServer() },
    ];
  }

  get areOver(): boolean {
    return this.#toCome.length === 0;
  }

  async happen(share: number): Promise<void> {
    const next = this.#toCome[0];
    if (next !== undefined && share >= next.share && (await next.happen())) this.#toCome.shift();
  }

  async #killWorker(): Promise<boolean> {
    const victim = this.#atWork();
    if (victim === undefined) return false;
    await this.fleet.replace(victim.pid);
    this.say(`kill -9 of worker ${victim.pid}, in the middle of ${victim.repo}`);
    return true;
  }

  #blockLoop(): Promise<boolean> {
    const victim = this.#atWork();
    if (victim === undefined) return Promise.resolve(false);
    this.fleet.signal(victim.pid, 'SIGUSR2');
    this.say(`worker ${victim.pid} runs no JavaScript for 3 ttl, in the middle of ${victim.repo}`);
    return Promise.resolve(true);
  }

  async #killServer(): Promise<boolean> {
    await this.server.kill();
    await pause(500);
    await this.server.start();
    this.say('kill -9 of the Redis server; back 0.5 s later');
    return true;
  }

  /** Who is inside a checkout just now. */
  #atWork(): Inside | undefined {
    const over = new Set(linesOf<Visit>(this.witness, 'visits').map((visit) => `${visit.pid} ${visit.began}`));
    return linesOf<Inside>(this.witness, 'inside').find(
      ({ pid, began, what }) =>
        what === 'checkout' && this.fleet.has(pid) && !over.has(`${pid} ${began}`),
    );
  }
}
