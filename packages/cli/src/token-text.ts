import type { Token } from '@waybill/api';
import { table } from './output.ts';
import { scopeText, timeText } from './text.ts';

/** As `waybill token list` and `workflow robot-account list` show them. */
export function tokenTable(tokens: readonly Token[], columns: 'of-organization' | 'of-workflow'): string {
  const wide = [
    { title: 'ROLE', of: (row: Token) => row.role },
    { title: 'SCOPE', of: (row: Token) => scopeText(row.scope) },
  ];
  return table(tokens, [
    { title: 'NAME', of: (row) => row.name },
    ...(columns === 'of-organization' ? wide : []),
    { title: 'STATE', of: stateOf },
    { title: 'CREATED', of: (row) => timeText(row.createdAt) },
    { title: 'LAST USED', of: (row) => timeText(row.lastUsedAt) },
    { title: 'ID', of: (row) => row.id },
  ]);
}

function stateOf(token: Token): string {
  if (token.revokedAt !== null) return 'revoked';
  if (token.expiresAt === null) return 'active';
  if (Date.parse(token.expiresAt) <= Date.now()) return 'expired';
  return `${token.replacedAt === null ? '' : 'rotated, '}until ${timeText(token.expiresAt)}`;
}

/** Whether it can still be used. */
export function isAlive(token: Token): boolean {
  return token.revokedAt === null && (token.expiresAt === null || Date.parse(token.expiresAt) > Date.now());
}
