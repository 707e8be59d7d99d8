// From the client's own thread to those who listen, and whether the process has to stay for them.
import { EVENT, type Hear, type NativeClient, type NativeLease, type NativeOperation } from './native.cjs';

interface Listener {
  done?: (status: string) => void;
  waiting?: () => void;
  lost?: (message: string, reason: string) => void;
  log?: (level: number, message: string, fields: Record<string, string>) => void;
}

/** @internal One a client. */
export class Switchboard {
  #client: NativeClient | undefined;
  #listeners = new Map<number, Listener>();
  #last = 0;
  #pending = 0;

  readonly hear: Hear = (number, kind, status, message, level, fields) => {
    const listener = this.#listeners.get(number);
    if (kind === EVENT.done) {
      this.forget(number);
      listener?.done?.(status);
    } else if (kind === EVENT.waiting) listener?.waiting?.();
    else if (kind === EVENT.lost) {
      this.forget(number);
      listener?.lost?.(message, fields['reason'] ?? 'unknown');
    } else if (kind === EVENT.log) {
      // What it throws is an uncaught exception, which Node does not make of one in here.
      queueMicrotask(() => listener?.log?.(level, message, fields));
    }
  };

  connect(client: NativeClient): void {
    this.#client = client;
  }

  /** The status of an operation, once it has one. */
  completed(operation: NativeOperation, waiting?: () => void): Promise<string> {
    const number = ++this.#last;
    const status = operation.listen(number, waiting !== undefined);
    if (status !== 'E_PENDING') return Promise.resolve(status);
    return new Promise((done) => {
      this.#expect(number, waiting === undefined ? { done } : { done, waiting });
    });
  }

  /** Resolves when all that has happened so far was heard of. */
  caughtUp(): Promise<unknown> {
    const number = ++this.#last;
    return new Promise((done) => {
      this.#expect(number, { done });
      this.#client?.echo(number);
    });
  }

  /** A number to forget() when the lease is released. */
  onLost(lease: NativeLease, lost: (message: string, reason: string) => void): number {
    const number = ++this.#last;
    if (lease.listen(number)) this.#expect(number, { lost });
    else lost(lease.message, 'shutdown');
    return number;
  }

  /** The log keeps no process alive. */
  onLog(level: number, log: Listener['log'] & {}): void {
    const number = ++this.#last;
    this.#listeners.set(number, { log });
    this.#client?.listen(number, level);
  }

  // Whoever is expected to be heard of keeps the process alive.
  #expect(number: number, listener: Listener): void {
    this.#listeners.set(number, listener);
    if (++this.#pending === 1) this.#client?.keepAlive();
  }

  forget(number: number): void {
    if (!this.#listeners.delete(number)) return;
    if (--this.#pending === 0) this.#client?.letGo();
  }
}
