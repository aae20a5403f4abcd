import { toBase64 } from '../bytes/index.ts';

/** One PEM block (RFC 7468): lines of 64 characters, a newline at the end. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
