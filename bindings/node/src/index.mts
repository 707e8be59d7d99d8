// The same classes for `import` as for `require`.
export * from './index.cjs';
