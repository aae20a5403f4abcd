import type { OptionSpecs } from './command.ts';

/** Which attestation a command works on. */
export const STATE_OPTIONS = {
  attestation: {
    type: 'string',
    value: 'NAME',
    summary: 'One of several attestations in this directory (or WAYBILL_ATTESTATION; "default")',
  },
  state: { type: 'string', value: 'FILE', summary: 'State file, in place of .waybill/attestation-NAME.json' },
} as const satisfies OptionSpecs;
