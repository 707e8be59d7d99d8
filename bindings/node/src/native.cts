// The addon: its shape, and how it is found.
import { join } from 'node:path';

export interface NativeOperation {
  /** The status; only if that is E_PENDING will there be news for this number. */
  listen(listener: number, waitingToo: boolean): string;
  readonly status: string;
  readonly message: string;
  snapshot(): Row[] | undefined;
  takeLease(): NativeLease | undefined;
  cancel(): void;
  free(): void;
}

export interface NativeLease {
  listen(listener: number): boolean;
  fence(index: number): number;
  readonly id: string;
  readonly previous: number;
  readonly remainingMs: number;
  readonly status: string;
  readonly message: string;
  extend(ttlMs: number): NativeOperation;
  release(): NativeOperation;
  inheritFd(index: number): number;
  free(): void;
}

export interface NativeClient {
  acquire(repos: readonly string[], request: object): NativeOperation;
  inspect(repo: string | undefined): NativeOperation;
  breakLock(repo: string, leaseId: string): NativeOperation;
  shutdown(timeoutMs: number): NativeOperation;
  readonly capabilities: number;
  stats(): Record<string, number>;
  listen(listener: number, level: number): void;
  /** Done, behind all news that were on their way. */
  echo(listener: number): void;
  heartbeat(): void;
  keepAlive(): void;
  letGo(): void;
  close(): void;
}

/** A row of a snapshot; what it lacks is not there. */
export interface Row {
  row: number;
  repo?: string;
  leaseId?: string;
  text?: string;
  host?: string;
  status?: string;
  message?: string;
  pid?: number;
  fence?: number;
  shared?: number;
  place?: number;
  ageMs?: number;
  remainingMs?: number;
}

/** Of repolock.h. */
export const EVENT = { done: 1, waiting: 2, lost: 3, log: 4 } as const;
export const ROW = { holder: 1, waiter: 2, node: 3 } as const;

export type Hear = (
  listener: number,
  kind: number,
  status: string,
  message: string,
  level: number,
  fields: Record<string, string>,
) => void;

interface Addon {
  Client: new (config: Record<string, string | number>, hear: Hear) => NativeClient;
  canonical: (repo: string, config: Record<string, string | number>) => string;
  isRetryable: (code: string) => boolean;
  /** 0xMMmmpp, of the library that was loaded and of the header that the addon was built with. */
  version: number;
  headerVersion: number;
}

function dotted(version: number): string {
  return [version >> 16, (version >> 8) & 255, version & 255].join('.');
}

// build/Release where it was built, else what the package has for this platform.
const find = require('node-gyp-build') as (directory: string) => Addon;

function load(): Addon {
  let addon: Addon;
  try {
    addon = find(join(__dirname, '..'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(
      `repolock: its addon for ${process.platform}-${process.arch} cannot be loaded (${why}); ` +
        'the package has it for Linux with glibc, for others see "Building" in its README',
      { cause },
    );
  }
  const sameAbi = addon.version >> 16 === addon.headerVersion >> 16;
  if (!sameAbi || addon.version < addon.headerVersion)
    throw new Error(
      `repolock: the addon was built for librepolock ${dotted(addon.headerVersion)}, but loaded ` +
        `${dotted(addon.version)}; install the one it was built for, or build the addon again`,
    );
  return addon;
}

const addon = load();

export const NativeClient = addon.Client;
export const canonicalName = addon.canonical;
export const isRetryable = addon.isRetryable;

/** The version of the library, such as "0.1.0". */
export const version = dotted(addon.version);
