// What callers may set, and how the library calls it.
import type { Holder } from './snapshot.cjs';

/** How a lock is acquired. Times are milliseconds. */
export interface AcquireOptions {
  /** Ends the wait: the promise rejects with the signal's reason. It has no effect on a held lock. */
  signal?: AbortSignal | undefined;
  /** How long to wait: 0 does not wait, `Infinity` waits for ever. Default: that of the client. */
  timeoutMs?: number | undefined;
  /** How long a crash of this process blocks others; while it lives the lock is renewed. */
  ttlMs?: number | undefined;
  /** The lock is renewed no longer than this, whatever its holder does. Default: without end. */
  maxHoldMs?: number | undefined;
  /** Hold it together with others that ask for it so. */
  shared?: boolean | undefined;
  /** What those who wait are told, such as the id of a job. */
  holder?: string | undefined;
  /** Called when the wait begins, and when the place or the holder changes. If it throws, the wait ends. */
  onWaiting?: ((waiting: Waiting) => void) | undefined;
}

export interface Waiting {
  /** 1 is next. */
  place: number | undefined;
  holders: Holder[];
}

/** A line of the client's log. */
export interface LogLine {
  level: LogLevel;
  message: string;
  /** The same as data: `event`, `repo`, `node` and so on. */
  fields: Record<string, string>;
}

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a client does unless an acquisition says otherwise. Times are milliseconds. */
export interface OpenOptions {
  /**
   * Where the locks live: `file:`, `file:///dir`, `redis://host`, `redis+unix:///path`,
   * `redis+quorum://host,host,host`, `memory:NAME`. Default: the environment variable REPOLOCK_URL,
   * else `file:`.
   */
  url?: string | undefined;
  ttlMs?: number | undefined;
  /** Default: 60,000. */
  timeoutMs?: number | undefined;
  maxHoldMs?: number | undefined;
  /**
   * If the event loop does not turn for so long, nothing is renewed any more and locks are lost.
   * Default: off, so that a blocked loop keeps its locks.
   */
  heartbeatMs?: number | undefined;
  holder?: string | undefined;
  /** Any key of the library's option table, such as `redis.prefix` or `repo.form`. */
  config?: Record<string, string | number> | undefined;
  onLog?: ((line: LogLine) => void) | undefined;
  /** Lines up to this level. Default: `info`. */
  logLevel?: LogLevel | undefined;
}

/** @internal */
export function levelNumber(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level) + 1;
}

/** @internal */
export function levelName(level: number): LogLevel {
  return LOG_LEVELS[level - 1] ?? 'debug';
}

/** @internal The library's form of a time; for ever is -1. */
export function millis(name: string, value: number): number {
  if (typeof value !== 'number' || Number.isNaN(value))
    throw new TypeError(`${name} is a number of milliseconds, not ${String(value)}`);
  return value === Infinity ? -1 : value;
}

/** @internal */
export function requestOf(options: AcquireOptions): object {
  const request: Record<string, unknown> = { shared: options.shared, holder: options.holder };
  for (const name of ['ttlMs', 'timeoutMs', 'maxHoldMs'] as const) {
    const value = options[name];
    if (value !== undefined) request[name] = millis(name, value);
  }
  return request;
}

/** @internal */
export function configOf(options: OpenOptions): Record<string, string | number> {
  const config: Record<string, string | number> = {
    backend: options.url ?? process.env['REPOLOCK_URL'] ?? 'file:',
  };
  const times = { ttlMs: 'ttl_ms', timeoutMs: 'wait_ms', maxHoldMs: 'max_hold_ms', heartbeatMs: 'heartbeat_ms' };
  for (const [name, key] of Object.entries(times)) {
    const value = options[name as keyof typeof times];
    if (value !== undefined) config[key] = millis(name, value);
  }
  if (options.holder !== undefined) config['holder'] = options.holder;
  return { ...config, ...options.config };
}

/** @internal */
export function namesOf(repos: string | readonly string[]): readonly string[] {
  const names = typeof repos === 'string' ? [repos] : [...repos];
  if (names.length === 0 || names.some((name) => typeof name !== 'string'))
    throw new TypeError('a repository is a string such as "owner/name", or several of them an array');
  return names;
}
