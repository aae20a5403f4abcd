import { parseAnnotations } from '../../annotations.ts';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { defineCommand } from '../../command.ts';
import { cliError, EXIT } from '../../exit.ts';
import { openAttestation, REMOTE_OPTIONS } from '../../open-attestation.ts';
import { listing } from '../../output.ts';
import { previewOf } from '../../preview-text.ts';
import { type RecordedMaterial, recordMaterial } from '../../record-material.ts';
import type { AttestationState } from '../../state.ts';

export const command = defineCommand({
  summary: 'Record a material: read, check, upload, and note its digest',
  options: {
    value: {
      type: 'string',
      value: 'VALUE',
      required: true,
      summary: 'File, image (host/repository:tag) or text',
    },
    name: {
      type: 'string',
      value: 'NAME',
      summary: 'Material of the contract; else the one that fits the kind',
    },
    kind: { type: 'string', value: 'KIND', summary: 'Kind of a material that the contract does not name' },
    annotation: { type: 'string', value: 'KEY=VALUE', multiple: true, summary: 'Annotation of the material' },
    ...STATE_OPTIONS,
    ...REMOTE_OPTIONS,
  },
  examples: [
    'waybill attestation add --name sbom --value sbom.cdx.json',
    'waybill attestation add --name image --value registry.example.com/app:1.4.0 --annotation arch=amd64',
  ],
  run: async (session, { options }) => {
    const open = await openAttestation(session, options);
    const { state } = open;
    refuseSigned(state);
    const connection = await open.connect();
    const recorded = await recordMaterial(session, connection, state, {
      ...options,
      option: '--value',
      annotations: parseAnnotations(options.annotation),
    });
    const { material, uploaded } = recorded;
    const changed = await open.update((now) => record(now, recorded));
    const preview = await previewOf(changed, material);
    const replaced = state.materials.some(({ name }) => name === material.name);
    const { output } = session;
    output.data({ runId: state.run.id, material, replaced, uploaded, policies: preview.json }, () =>
      [
        listing([
          [replaced ? 'replaced' : 'recorded', `${material.name} (${material.kind})`],
          ['digest', material.digest],
          ['size', `${material.sizeBytes} bytes`],
          ['reference', material.reference],
          ['materials', `${changed.materials.length} recorded`],
        ]),
        preview.text(output),
      ]
        .join('\n')
        .trimEnd(),
    );
    return EXIT.ok;
  },
});

/** A second `add` of a name replaces the first, in its place. */
function record(state: AttestationState, { material, file }: RecordedMaterial): AttestationState {
  refuseSigned(state);
  const known = state.materials.some(({ name }) => name === material.name);
  const materials = known
    ? state.materials.map((one) => (one.name === material.name ? material : one))
    : [...state.materials, material];
  return { ...state, materials, files: filesWith(state.files ?? {}, material.name, file) };
}

/** What is no file leaves none of an earlier one behind. */
function filesWith(
  files: Readonly<Record<string, string>>,
  name: string,
  file: string | undefined,
): Readonly<Record<string, string>> {
  const others = Object.entries(files).filter(([key]) => key !== name);
  return Object.fromEntries(file === undefined ? others : [...others, [name, file]]);
}

function refuseSigned(state: AttestationState): void {
  if (state.signedBundle === undefined) return;
  throw cliError(
    'state_signed',
    'this attestation is signed already, so nothing can be added: push it again, or give it up with waybill attestation reset',
  );
}
