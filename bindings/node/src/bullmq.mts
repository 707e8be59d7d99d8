// The same function for `import` as for `require`.
export { locked, type JobLike, type LockedOptions } from './bullmq.cjs';
