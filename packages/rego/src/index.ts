/** Rego as OPA 1.22 reads, checks and evaluates it, in Node and the browser. */
export type { Module, RegoVersion } from './syntax/ast.ts';
