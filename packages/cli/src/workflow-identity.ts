import type { IdentityToken } from '@waybill/clients/oidc';
import type { Connection } from './connection.ts';

/** Who a workflow's attestations are signed as. Rejects with `oidc_…`. */
export type WorkflowIdentity = () => Promise<IdentityToken>;

/** A token that was asked for longer ago is not used: it lives ten minutes, and a certificate has to be got with it. */
const FRESH_MS = 5 * 60_000;

/** Asks for the identity at once, beside other work, and anew where that work took long. */
export function workflowIdentity(
  { url, token, fetch }: Connection,
  { project, workflow }: { readonly project: string; readonly workflow: string },
): WorkflowIdentity {
  const ask = async (): Promise<IdentityToken> => {
    const { exchangeToken } = await import('@waybill/clients/oidc');
    return exchangeToken({ url, token, fetch, workflow: { project, name: workflow } });
  };
  const asked = ask();
  const askedAtMs = performance.now();
  // Whoever needs it hears of the failure; before that another failure may come first.
  asked.catch(() => undefined);
  return () => (performance.now() - askedAtMs < FRESH_MS ? asked : ask());
}
