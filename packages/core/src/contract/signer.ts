import type { ContractSigner } from './contract.ts';

/** True when both parts of the identity match. */
export function signerMatches(
  signer: ContractSigner,
  identity: { readonly issuer: string; readonly subject: string },
): boolean {
  return matchesPattern(signer.issuer, identity.issuer) && matchesPattern(signer.subject, identity.subject);
}

/**
 * `*` stands for any run of characters, also of none and across slashes; every other character for itself,
 * by exact code point. Never a regular expression.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  if (parts.length === 1) return pattern === text;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  const end = text.length - last.length;
  let at = first.length;
  // The earliest place for each part leaves the most room for the parts after it.
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= end;
}
