// What can go wrong: one class for each status of the library that a caller may tell apart.
import { isRetryable } from './native.cjs';
import type { Holder, NodeState } from './snapshot.cjs';

/** What is known beyond the sentence; all of it is optional. */
export interface LockErrorDetails {
  holders?: Holder[];
  nodes?: NodeState[];
  place?: number;
  cause?: unknown;
}

const NO_IDEA_MS = 1000;

/** What every error of this package is. Its message is a sentence that names the remedy. */
export class LockError extends Error {
  /** The library's status, such as `E_TIMEOUT`. */
  readonly code: string;
  /** Who holds the lock; more than one where it is shared. */
  readonly holders: readonly Holder[];
  /** The place that this caller had in the queue; 1 would have been next. */
  readonly place: number | undefined;
  /** What each server or directory answered, where they were asked. */
  readonly nodes: readonly NodeState[];
  /**
   * A pause after which the same call is worth another try: until the first holder's lease ends if
   * nobody renews it, else a second. `undefined`: the same call will fail again.
   */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, details: LockErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.holders = details.holders ?? [];
    this.place = details.place;
    this.nodes = details.nodes ?? [];
    this.retryAfterMs = isRetryable(code) ? pause(this.holders) : undefined;
  }

  override get name(): string {
    return this.constructor.name;
  }

  /** The first of the holders. */
  get holder(): Holder | undefined {
    return this.holders[0];
  }
}

function pause(holders: readonly Holder[]): number {
  const known = holders.map((holder) => holder.remainingMs ?? Infinity).filter(Number.isFinite);
  return known.length > 0 ? Math.max(1, ...known) : NO_IDEA_MS;
}

/** The lock was not obtained within `timeoutMs`: somebody else has it. Try again. */
export class LockTimeoutError extends LockError {}

/** `timeoutMs` was 0, and somebody else has the lock. */
export class LockHeldError extends LockTimeoutError {}

/** The lock was held, and is not any more; `reason` says how it came. */
export class LockLostError extends LockError {
  readonly reason: LossReason;

  constructor(reason: LossReason, message: string, cause?: unknown) {
    super('E_LOST', message, { cause });
    this.reason = reason;
  }
}

/** How a lock was lost. `collected`: nobody had a reference to it any more. */
export type LossReason =
  | 'expired'
  | 'max_hold'
  | 'stalled'
  | 'broken'
  | 'stolen'
  | 'data_lost'
  | 'shutdown'
  | 'collected'
  | 'unknown';

/** The backend gave no answer: the lock may or may not have changed; it ends by its ttl. */
export class LockUnknownError extends LockError {}

/** Too few servers answered for a decision. Try again. */
export class LockUnavailableError extends LockError {}

/** The client is shutting down, or was shut down. */
export class LockShutdownError extends LockError {}

/** A name, a value or an option that cannot be. */
export class LockInvalidError extends LockError {}

/** Authentication, access rules of the server, or the mode of the directory. */
export class LockDeniedError extends LockError {}

/** The backend is set up wrongly; `repolock doctor` says how. */
export class LockMisconfiguredError extends LockError {}

/** This backend cannot do that. */
export class LockUnsupportedError extends LockError {}

type Subclass = new (code: string, message: string, details?: LockErrorDetails) => LockError;

const CLASSES: Record<string, Subclass> = {
  E_TIMEOUT: LockTimeoutError,
  E_HELD: LockHeldError,
  E_UNKNOWN: LockUnknownError,
  E_UNAVAILABLE: LockUnavailableError,
  E_SHUTDOWN: LockShutdownError,
  E_INVALID: LockInvalidError,
  E_DENIED: LockDeniedError,
  E_MISCONFIGURED: LockMisconfiguredError,
  E_UNSUPPORTED: LockUnsupportedError,
};

/** @internal */
export function lockError(code: string, message: string, details?: LockErrorDetails): LockError {
  if (code === 'E_LOST') return new LockLostError('unknown', message, details?.cause);
  return new (CLASSES[code] ?? LockError)(code, message, details);
}

/** @internal The addon throws plain errors that have a code. */
export function typed<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    throw code?.startsWith('E_') ? lockError(code, message) : error;
  }
}

/**
 * True if the lock is only in use, and nothing is broken: for the `errorFilter` of a circuit breaker,
 * which must not open because a repository is busy.
 */
export function isContention(error: unknown): boolean {
  return error instanceof LockTimeoutError;
}
