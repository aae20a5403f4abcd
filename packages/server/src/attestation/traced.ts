import type { AttestationDeps } from './deps.ts';

/** A step of `accept()` as a span of the request's trace. */
export async function traced<T>(
  deps: Pick<AttestationDeps, 'tracing'>,
  step: string,
  work: () => T | Promise<T>,
): Promise<T> {
  return deps.tracing.span(`accept ${step}`, { 'waybill.step': step }, async () => work());
}
