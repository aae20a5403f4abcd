import type { RunMaterial } from '@waybill/core/intoto';
import type { MaterialKind } from '@waybill/core/material';
import { annotationsFor, parseAnnotations } from '../../annotations.ts';
import { STATE_OPTIONS } from '../../attestation-options.ts';
import { chooseMaterial, type MaterialChoice } from '../../choose-material.ts';
import { defineCommand } from '../../command.ts';
import { type Connection, connect } from '../../connection.ts';
import { type DescribedMaterial, describeMaterial, detectValue } from '../../describe-material.ts';
import { cliError, EXIT } from '../../exit.ts';
import { listing } from '../../output.ts';
import type { MaterialStore } from '../../registry.ts';
import { type AttestationState, readState, stateFile, updateState } from '../../state.ts';
import { contractOf } from '../../stated-contract.ts';

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
  },
  examples: [
    'waybill attestation add --name sbom --value sbom.cdx.json',
    'waybill attestation add --name image --value registry.example.com/app:1.4.0 --annotation arch=amd64',
  ],
  run: async (session, { options }) => {
    const file = stateFile(session, options);
    const state = await readState(file);
    refuseSigned(state);
    const { value } = options;
    if (value === '') {
      throw cliError(
        'material_empty',
        '--value is empty: expected a file, an image or a text (is the variable set that should give it?)',
      );
    }
    const choice = await chooseMaterial({
      contract: contractOf(state.contractDocument),
      state,
      name: options.name,
      kind: options.kind === undefined ? undefined : await kindOf(options.kind),
      detect: () => detectValue(session, value),
    });
    const given = parseAnnotations(options.annotation);
    const annotations = annotationsFor(
      choice.wanted?.annotations ?? [],
      given,
      `the material ${choice.name}`,
    );
    const connection = await connect(session, state.server);
    const store = choice.wanted?.skipUpload === true ? null : await storeOf(connection, state.repository);
    const described = await describeMaterial(session, connection, { kind: choice.kind, value, store });
    const material = materialOf(choice, described, annotations);
    const changed = await updateState(session, { file, runId: state.run.id }, (now) => record(now, material));
    const replaced = state.materials.some(({ name }) => name === material.name);
    session.output.data({ runId: state.run.id, material, replaced, uploaded: described.uploaded }, () =>
      listing([
        [replaced ? 'replaced' : 'recorded', `${material.name} (${material.kind})`],
        ['digest', material.digest],
        ['size', `${material.sizeBytes} bytes`],
        ['reference', material.reference],
        ['materials', `${changed.materials.length} recorded`],
      ]),
    );
    return EXIT.ok;
  },
});

async function storeOf(connection: Connection, repository: string): Promise<MaterialStore> {
  const { materialStore } = await import('../../registry.ts');
  return materialStore(connection, repository);
}

async function kindOf(text: string): Promise<MaterialKind> {
  const { parseKind } = await import('@waybill/core/material');
  return parseKind(text);
}

function materialOf(
  choice: MaterialChoice,
  described: DescribedMaterial,
  annotations: Readonly<Record<string, string>>,
): RunMaterial {
  return {
    name: choice.name,
    kind: choice.kind,
    ...described.facts,
    output: choice.wanted?.output ?? false,
    annotations,
  };
}

/** A second `add` of a name replaces the first, in its place. */
function record(state: AttestationState, material: RunMaterial): AttestationState {
  refuseSigned(state);
  const known = state.materials.some(({ name }) => name === material.name);
  const materials = known
    ? state.materials.map((one) => (one.name === material.name ? material : one))
    : [...state.materials, material];
  return { ...state, materials };
}

function refuseSigned(state: AttestationState): void {
  if (state.signedBundle === undefined) return;
  throw cliError(
    'state_signed',
    'this attestation is signed already, so nothing can be added: push it again, or give it up with waybill attestation reset',
  );
}
