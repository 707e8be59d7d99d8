// A lock that is held, or was.
import { LockLostError, lockError, typed, type LossReason } from './errors.cjs';
import type { NativeLease, NativeOperation } from './native.cjs';
import { millis } from './options.cjs';
import type { Switchboard } from './switchboard.cjs';

const PREVIOUS = ['none', 'released', 'crashed', 'expired', 'broken'] as const;

/** How the holder before this one ended. */
export type Previous = (typeof PREVIOUS)[number];

// A signal has its controller with it: the lock and whoever listens to it keep both, and nobody else.
const controllers = new WeakMap<AbortSignal, AbortController>();

// What the library's news come to. It refers to the lock, and to the listeners of its signal, only
// weakly: a lock that somebody forgot could not be collected otherwise, and would be renewed for ever.
class Holding {
  lost: LockLostError | undefined;
  #controller: WeakRef<AbortController> | undefined;
  #listener: number;

  constructor(
    readonly lease: NativeLease,
    readonly switchboard: Switchboard,
    readonly description: string,
  ) {
    this.#listener = switchboard.onLost(lease, (message, reason) => {
      this.lose(reason as LossReason, message);
    });
  }

  /** Made once, for the lock to keep. */
  signal(): AbortSignal {
    const controller = new AbortController();
    controllers.set(controller.signal, controller);
    if (this.lost === undefined) this.#controller = new WeakRef(controller);
    else controller.abort(this.lost);
    return controller.signal;
  }

  lose(reason: LossReason, message: string): void {
    this.lost ??= new LockLostError(reason, message);
    this.#controller?.deref()?.abort(this.lost);
  }

  // The process does not stay for it any longer.
  end(): void {
    this.switchboard.forget(this.#listener);
  }
}

const uncollected = new FinalizationRegistry<Holding>((holding) => {
  if (holding.lost !== undefined) return;
  const message =
    `${holding.description} was garbage-collected before its release: ` +
    'it is renewed no longer and ends by its ttl';
  holding.end();
  holding.lease.free();
  holding.lose('collected', message);
  process.emitWarning(message, { type: 'RepolockWarning', code: 'REPOLOCK_NOT_RELEASED' });
});

/** One acquisition, from its grant to its release or loss. Made by `client.acquire`. */
export class Lock {
  /** The names as they were asked for. */
  readonly repos: readonly string[];
  /**
   * Grows with each exclusive lock of the first name, and is below 2^53: hand it to what is written
   * to, so that it can refuse a smaller one.
   */
  readonly fence: number;
  /** The same for each of the names. */
  readonly fences: readonly number[];
  /** For logs, and for `client.breakLock`. */
  readonly id: string;
  /** `crashed`, `expired` or `broken`: the one before left no word, so look for what it left behind. */
  readonly previous: Previous;

  readonly #holding: Holding;
  #signal: AbortSignal | undefined;
  #released: Promise<void> | undefined;

  /** @internal */
  constructor(lease: NativeLease, switchboard: Switchboard, repos: readonly string[]) {
    this.repos = repos;
    this.fences = repos.map((_, index) => lease.fence(index));
    this.fence = this.fences[0] ?? 0;
    this.id = lease.id;
    this.previous = PREVIOUS[lease.previous] ?? 'none';
    const description = `the lock on ${repos.join(', ')} with fence ${this.fence}`;
    this.#holding = new Holding(lease, switchboard, description);
    uncollected.register(this, this.#holding, this);
  }

  /** Aborted with a `LockLostError` when the lock is lost, and never by its release. */
  get signal(): AbortSignal {
    return (this.#signal ??= this.#holding.signal());
  }

  /** For so many milliseconds nobody else can have it, even if no renewal comes; `Infinity`: no end. */
  get remainingMs(): number {
    return this.#holding.lease.remainingMs;
  }

  /** True while it is held: asked of the library, so it knows before `signal` where the loop was blocked. */
  get held(): boolean {
    return this.#holding.lease.status === 'OK';
  }

  /** Throws a `LockLostError` if the lock was lost, a `LockInvalidError` if it was released. */
  assertHeld(): void {
    const { lease, lost } = this.#holding;
    if (lost !== undefined) throw lost;
    if (lease.status !== 'OK') throw this.#failure(lease.status, lease.message || 'the lock was released');
  }

  /** Renews now, for `ttlMs` from here on. Nobody has to: the library renews by itself. */
  async extend(ttlMs: number): Promise<void> {
    const length = millis('ttlMs', ttlMs);
    if (this.#released !== undefined) this.assertHeld();
    await this.#completed(typed(() => this.#holding.lease.extend(length)));
  }

  /**
   * Lets the next one in. From this call on `signal` is silent. A second call joins the first.
   * Rejects with `LockLostError` if it had been lost before, with `LockUnknownError` if no answer
   * came: then it ends by its ttl, if not at once.
   */
  release(): Promise<void> {
    return (this.#released ??= this.#release());
  }

  async #release(): Promise<void> {
    uncollected.unregister(this);
    try {
      await this.#completed(typed(() => this.#holding.lease.release()));
    } finally {
      this.#holding.end();
      this.#holding.lease.free();
    }
  }

  /** For `await using`: releases. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /**
   * `file:` only, else -1: a descriptor for the `stdio` of a child process. If this process dies the
   * lock lasts until that child is gone too. Close it once the child runs.
   */
  inheritFd(index = 0): number {
    return this.#holding.lease.inheritFd(index);
  }

  async #completed(operation: NativeOperation): Promise<void> {
    try {
      const status = await this.#holding.switchboard.completed(operation);
      if (status !== 'OK') throw this.#failure(status, operation.message);
    } finally {
      operation.free();
    }
  }

  #failure(status: string, message: string): Error {
    if (this.#holding.lost !== undefined) return this.#holding.lost;
    if (status === 'E_SHUTDOWN') return new LockLostError('shutdown', message);
    return lockError(status, message);
  }
}
