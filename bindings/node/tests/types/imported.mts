// From a module the types are those of `import`, and the same classes.
import { open, LockTimeoutError, type Lock } from 'repolock';
import { pull } from './required.cjs';

await using client = open();
export const fence: number = await pull(client);
export const hold = (lock: Lock): boolean => lock.held;
export const isBusy = (error: unknown): boolean => error instanceof LockTimeoutError;
