import path from 'node:path';
import type { RunMaterial } from '@waybill/core/intoto';
import type { MaterialKind } from '@waybill/core/material';
import { annotationsFor } from './annotations.ts';
import { chooseMaterial, type MaterialChoice } from './choose-material.ts';
import type { Connection } from './connection.ts';
import { type DescribedMaterial, describeMaterial, detectValue } from './describe-material.ts';
import { cliError } from './exit.ts';
import type { MaterialStore } from './registry.ts';
import type { Session } from './session.ts';
import type { AttestationState } from './state.ts';
import { contractOf } from './stated-contract.ts';

/** A material as the person names it. */
export interface GivenMaterial {
  /** File, image or text. */
  readonly value: string;
  /** The option that gave it, as errors name it. */
  readonly option: string;
  /** Undefined: the one of the contract that fits the kind. */
  readonly name: string | undefined;
  readonly kind: string | undefined;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface RecordedMaterial {
  readonly material: RunMaterial;
  /** Where it was read from, if it is a file. */
  readonly file: string | undefined;
  readonly uploaded: boolean;
}

/** Reads, checks and uploads a material. Throws `material_…`, `annotation_missing`, `cli_file`, `oci_client_…`. */
export async function recordMaterial(
  session: Session,
  connection: Connection,
  state: AttestationState,
  given: GivenMaterial,
): Promise<RecordedMaterial> {
  const { value, name } = given;
  if (value === '') throw emptyValue(given.option);
  const choice = await chooseMaterial({
    contract: contractOf(state.contractDocument),
    state,
    name,
    kind: given.kind === undefined ? undefined : await kindOf(given.kind),
    detect: () => detectValue(session, value),
  });
  const wanted = choice.wanted?.annotations ?? [];
  const annotations = annotationsFor(wanted, given.annotations, `the material ${choice.name}`);
  const isKept = choice.wanted?.skipUpload !== true && state.dryRun !== true;
  const store = isKept ? await storeOf(session, connection, state.repository) : null;
  const described = await describeMaterial(session, connection, { kind: choice.kind, value, store });
  const material = materialOf(choice, described, annotations);
  const file = material.filename === undefined ? undefined : path.resolve(session.cwd, value);
  return { material, file, uploaded: described.uploaded };
}

function emptyValue(option: string) {
  return cliError(
    'material_empty',
    `${option} is empty: expected a file, an image or a text (is the variable set that should give it?)`,
  );
}

async function storeOf(session: Session, connection: Connection, repository: string): Promise<MaterialStore> {
  const { materialStore } = await import('./registry.ts');
  return materialStore(session, connection, repository);
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
