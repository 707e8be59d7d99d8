// Who holds and who waits, at one moment.
import { ROW, type NativeOperation, type Row } from './native.cjs';

/** Somebody who holds a lock. */
export interface Holder {
  /** The canonical name of the repository. */
  repo: string;
  /** What `client.breakLock` takes. */
  leaseId: string;
  /** What its program said of it, as in the option `holder`. */
  text: string;
  host?: string;
  pid?: number;
  fence?: number;
  shared: boolean;
  /** Holds it for so long. */
  ageMs?: number;
  /** Until its lease ends if nobody renews it; `Infinity`: while its process lives. */
  remainingMs?: number;
}

/** Somebody who waits for a lock. */
export interface Waiter {
  repo: string;
  text: string;
  host?: string;
  pid?: number;
  shared: boolean;
  /** 1 is next. */
  place: number;
  /** Waits for so long. */
  ageMs?: number;
}

/** What one server, or one directory, answered. */
export interface NodeState {
  address: string;
  /** `OK`, or a status such as `E_UNAVAILABLE`. */
  status: string;
  message: string;
}

export interface Snapshot {
  holders: Holder[];
  /** In their order. */
  waiters: Waiter[];
  nodes: NodeState[];
}

// What the row has of these, and nothing for what it lacks.
function known<K extends 'host' | 'pid' | 'fence' | 'ageMs' | 'remainingMs'>(
  row: Row,
  ...keys: K[]
): Pick<Row, K> {
  return Object.fromEntries(
    keys.filter((key) => row[key] !== undefined).map((key) => [key, row[key]]),
  ) as Pick<Row, K>;
}

function holderOf(row: Row): Holder {
  return {
    repo: row.repo ?? '',
    leaseId: row.leaseId ?? '',
    text: row.text ?? '',
    shared: row.shared === 1,
    ...known(row, 'host', 'pid', 'fence', 'ageMs', 'remainingMs'),
  };
}

function waiterOf(row: Row): Waiter {
  return {
    repo: row.repo ?? '',
    text: row.text ?? '',
    shared: row.shared === 1,
    place: row.place ?? 0,
    ...known(row, 'host', 'pid', 'ageMs'),
  };
}

function nodeOf(row: Row): NodeState {
  return { address: row.host ?? '', status: row.status ?? '', message: row.message ?? '' };
}

/** @internal Of an inspection, its result; of an acquisition, while it waits and after it failed. */
export function snapshotOf(operation: NativeOperation): Snapshot {
  const rows = operation.snapshot() ?? [];
  const of = (kind: number): Row[] => rows.filter((row) => row.row === kind);
  return {
    holders: of(ROW.holder).map(holderOf),
    waiters: of(ROW.waiter).map(waiterOf),
    nodes: of(ROW.node).map(nodeOf),
  };
}
