// A connection to where the locks live.
import { lockError, LockLostError, typed } from './errors.cjs';
import { Lock } from './lock.cjs';
import { NativeClient, type NativeOperation } from './native.cjs';
import {
  configOf,
  levelName,
  levelNumber,
  millis,
  namesOf,
  requestOf,
  type AcquireOptions,
  type OpenOptions,
} from './options.cjs';
import { snapshotOf, type Snapshot } from './snapshot.cjs';
import { Switchboard } from './switchboard.cjs';

const SHUTDOWN_MS = 10_000;

/** Opens a client; it connects in the background. Throws a `LockError` for an option that cannot be. */
export function open(options: OpenOptions = {}): Client {
  return new Client(options);
}

/**
 * What acquires locks. One is enough for a process, or for a worker thread: it has one connection and
 * one thread of its own, which renews whatever is held. It keeps the process alive only while
 * something is held or waited for. A child process of `fork` or `cluster` starts afresh and opens its
 * own.
 */
export class Client {
  readonly #native: NativeClient;
  readonly #switchboard = new Switchboard();
  #heart: NodeJS.Timeout | undefined;
  #ended: Promise<void> | undefined;

  /** @internal */
  constructor(options: OpenOptions) {
    const config = configOf(options);
    this.#native = typed(() => new NativeClient(config, this.#switchboard.hear));
    this.#switchboard.connect(this.#native);
    const { heartbeatMs, onLog } = options;
    if (heartbeatMs !== undefined && heartbeatMs > 0)
      this.#heart = setInterval(() => this.#native.heartbeat(), heartbeatMs / 3).unref();
    if (onLog !== undefined)
      this.#switchboard.onLog(levelNumber(options.logLevel ?? 'info'), (level, message, fields) => {
        onLog({ level: levelName(level), message, fields });
      });
  }

  /** Waits for its turn. Several names make one lock: all of them, or none. */
  async acquire(repos: string | readonly string[], options: AcquireOptions = {}): Promise<Lock> {
    const { signal, onWaiting } = options;
    const names = namesOf(repos);
    const request = requestOf(options);
    signal?.throwIfAborted();
    const operation = typed(() => this.#native.acquire(names, request));
    const cancel = (): void => operation.cancel();
    signal?.addEventListener('abort', cancel, { once: true });
    try {
      const thrown: unknown[] = [];
      const tell = (): void => {
        if (thrown.length > 0) return;
        try {
          const { holders, waiters } = snapshotOf(operation);
          onWaiting?.({ place: waiters[0]?.place, holders });
        } catch (error) {
          thrown.push(error);
          cancel();
        }
      };
      const status = await this.#switchboard.completed(operation, onWaiting && tell);
      if (thrown.length > 0) throw thrown[0];
      signal?.throwIfAborted();
      const lease = status === 'OK' ? operation.takeLease() : undefined;
      if (lease === undefined) throw failure(status, operation);
      return new Lock(lease, this.#switchboard, names);
    } finally {
      signal?.removeEventListener('abort', cancel);
      operation.free(); // releases a lock that was not taken
    }
  }

  /**
   * Acquires, runs `body`, releases. If the lock was lost meanwhile it rejects with `LockLostError`,
   * whose cause is what `body` threw; else with what `body` threw.
   */
  async withLock<T>(repos: string | readonly string[], body: Body<T>): Promise<T>;
  async withLock<T>(repos: string | readonly string[], options: AcquireOptions, body: Body<T>): Promise<T>;
  async withLock<T>(
    repos: string | readonly string[],
    ...rest: [Body<T>] | [AcquireOptions, Body<T>]
  ): Promise<T> {
    const [options, body] = rest.length === 1 ? [{}, rest[0]] : rest;
    const lock = await this.acquire(repos, options);
    let result: T;
    try {
      result = await body(lock);
    } catch (cause) {
      await lock.release().catch((error: unknown) => {
        if (error instanceof LockLostError) throw new LockLostError(error.reason, error.message, cause);
      });
      throw cause;
    }
    await lock.release();
    return result;
  }

  /** Who holds and who waits: for one name, or for all. */
  async inspect(repo?: string): Promise<Snapshot> {
    const operation = typed(() => this.#native.inspect(repo));
    return this.#completed(operation, () => snapshotOf(operation));
  }

  /** Takes the lock from that holder, of whom `inspect` told; it is lost to it. */
  async breakLock(repo: string, leaseId: string): Promise<void> {
    const operation = typed(() => this.#native.breakLock(repo, leaseId));
    return this.#completed(operation, () => undefined);
  }

  /** Counters and gauges of the library, such as `locks_held`. */
  stats(): Record<string, number> {
    return this.#native.stats();
  }

  /**
   * Nothing new starts, waiters end with `LockShutdownError`, and holders have `timeoutMs` to release;
   * what is still held is lost, and ends by its ttl. A second call joins the first.
   */
  shutdown({ timeoutMs = SHUTDOWN_MS }: { timeoutMs?: number | undefined } = {}): Promise<void> {
    return (this.#ended ??= this.#shutdown(timeoutMs));
  }

  async #shutdown(timeoutMs: number): Promise<void> {
    const limit = millis('timeoutMs', timeoutMs);
    const operation = typed(() => this.#native.shutdown(limit));
    try {
      await this.#completed(operation, () => undefined);
    } finally {
      await this.#switchboard.caughtUp();
      clearInterval(this.#heart);
      this.#native.close();
    }
  }

  /** For `await using`: shuts down. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }

  async #completed<T>(operation: NativeOperation, result: () => T): Promise<T> {
    try {
      const status = await this.#switchboard.completed(operation);
      if (status !== 'OK') throw failure(status, operation);
      return result();
    } finally {
      operation.free();
    }
  }
}

/** What is done while the lock is held. */
export type Body<T> = (lock: Lock) => T | PromiseLike<T>;

function failure(status: string, operation: NativeOperation): Error {
  const { holders, waiters, nodes } = snapshotOf(operation);
  const place = waiters[0]?.place;
  return lockError(status, operation.message, {
    holders,
    nodes,
    ...(place === undefined ? {} : { place }),
  });
}
