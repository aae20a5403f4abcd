import { signatureOf } from '../builtins/signatures.ts';
import type { Module } from '../syntax/ast.ts';
import { calledName } from '../syntax/names.ts';
import { visitRule } from '../syntax/visit.ts';

/** What modules use that has checks of its own: most have none of it. */
export interface Features {
  readonly templates: boolean;
  /** Calls of built-ins that give no value. */
  readonly voidCalls: boolean;
  readonly modifiers: boolean;
}

export function featuresOf(modules: readonly Module[]): Features {
  const found = { templates: false, voidCalls: false, modifiers: false };
  for (const rule of modules.flatMap((module) => module.rules)) {
    visitRule(rule, {
      expr: (expr) => {
        if (expr.with.length > 0) found.modifiers = true;
        return false;
      },
      term: (term) => {
        if (term.kind === 'template-string') found.templates = true;
        if (term.kind === 'call') {
          const signature = signatureOf(calledName(term) ?? '');
          if (signature !== undefined && signature.result === undefined) found.voidCalls = true;
        }
        return false;
      },
    });
  }
  return found;
}
