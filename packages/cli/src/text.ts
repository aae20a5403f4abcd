import type { Scope, Signer } from '@waybill/api';
import type { Signer as ProvenSigner } from '@waybill/core/verify';
import type { Colour } from './output.ts';

/** `organization`, `project demo`, `workflow demo/build`. */
export function scopeText(scope: Scope): string {
  switch (scope.type) {
    case 'organization':
      return 'organization';
    case 'project':
      return `project ${scope.project}`;
    case 'workflow':
      return `workflow ${scope.project}/${scope.workflow}`;
  }
}

export function signerText(signer: Signer): string {
  return signer.type === 'certificate'
    ? `${signer.subject} (issuer ${signer.issuer})`
    : `key ${signer.name} (${signer.fingerprint})`;
}

export function provenSignerText(signer: ProvenSigner): string {
  return signer.type === 'certificate' ? `${signer.subject} (issuer ${signer.issuer})` : 'the given key';
}

/** `2026-11-24 08:15:00Z`; `-` for null. */
export function timeText(time: string | null): string {
  return time === null ? '-' : time.replace('T', ' ').replace(/\.\d+/, '');
}

const STATE_COLOURS: Readonly<Record<string, Colour>> = {
  PASSED: 'green',
  allow: 'green',
  FAILED: 'red',
  deny: 'red',
  error: 'red',
  EXPIRED: 'yellow',
  CANCELLED: 'yellow',
};

export function colourOf(state: string): Colour {
  return STATE_COLOURS[state] ?? 'bold';
}

/** `text`, or its beginning with an ellipsis: never longer than `length`. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
