/** SPIFFE IDs, as strict as go-spiffe v2 reads them (SPIFFE-ID §2). */

export interface SpiffeId {
  readonly trustDomain: string;
}

const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]+)((?:\/[A-Za-z0-9._-]+)*)$/;

/** Undefined for what is no SPIFFE ID. */
export function parseSpiffeId(text: string): SpiffeId | undefined {
  const [, trustDomain, path = ''] = SPIFFE_ID.exec(text) ?? [];
  if (trustDomain === undefined || path.split('/').some((part) => part === '.' || part === '..'))
    return undefined;
  return { trustDomain };
}

/** Of a name, or of a SPIFFE ID. */
export function trustDomainOf(text: string): string | undefined {
  if (text.includes(':/')) return parseSpiffeId(text)?.trustDomain;
  return /^[a-z0-9._-]+$/.test(text) ? text : undefined;
}
