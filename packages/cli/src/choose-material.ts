import { nearest } from '@waybill/core/bytes';
import type { Contract, ContractMaterial } from '@waybill/core/contract';
import type { MaterialKind } from '@waybill/core/material';
import { cliError } from './exit.ts';
import type { AttestationState } from './state.ts';

export interface MaterialChoice {
  readonly name: string;
  readonly kind: MaterialKind;
  /** What the contract says of it; null for a material beyond the contract. */
  readonly wanted: ContractMaterial | null;
}

export interface MaterialQuestion {
  readonly contract: Contract;
  readonly state: AttestationState;
  readonly name: string | undefined;
  /** As the person gave it, already known to be a kind. */
  readonly kind: MaterialKind | undefined;
  /** Looks at the content; called only when neither the contract nor the person says the kind. */
  readonly detect: () => Promise<MaterialKind>;
}

/**
 * Which material of the contract is meant: by name, or, without one, the only one of its kind that is not yet
 * recorded: what is recorded is replaced by name only. Throws `material_unknown`, `material_kind_mismatch`, `material_ambiguous`.
 */
export async function chooseMaterial(question: MaterialQuestion): Promise<MaterialChoice> {
  return question.name === undefined ? chooseByKind(question) : chooseByName(question, question.name);
}

function chooseByName({ contract, kind }: MaterialQuestion, name: string): MaterialChoice {
  const wanted = contract.materials.find((material) => material.name === name) ?? null;
  if (wanted === null) return beyondContract(contract, name, kind);
  if (kind !== undefined && kind !== wanted.kind) {
    throw cliError(
      'material_kind_mismatch',
      `the contract wants ${name} as ${wanted.kind}, and --kind says ${kind}: drop --kind`,
    );
  }
  return { name, kind: wanted.kind, wanted };
}

/** A material beyond the contract needs its kind spelled out: a misspelled name must not pass for one. */
function beyondContract(contract: Contract, name: string, kind: MaterialKind | undefined): MaterialChoice {
  if (kind !== undefined && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))
    return { name, kind, wanted: null };
  const names = contract.materials.map((material) => material.name);
  const near = nearest(name, names);
  const hint = near ? `did you mean ${near}?` : `it wants ${names.join(', ') || 'none'}.`;
  const extra =
    kind === undefined
      ? ' To record it beyond the contract name its --kind.'
      : ' A name is lower-case letters, digits and "-".';
  throw cliError('material_unknown', `the contract has no material ${JSON.stringify(name)}: ${hint}${extra}`);
}

async function chooseByKind({
  contract,
  state,
  kind: given,
  detect,
}: MaterialQuestion): Promise<MaterialChoice> {
  const kind = given ?? (await detect());
  const recorded = new Set(state.materials.map((material) => material.name));
  const ofKind = contract.materials.filter((material) => material.kind === kind);
  const open = ofKind.filter((material) => !recorded.has(material.name));
  const [only, second] = open;
  if (only && second === undefined) return { name: only.name, kind, wanted: only };
  const how = given === undefined ? `the value looks like ${kind}` : `the kind is ${kind}`;
  throw notOne(how, ofKind, open);
}

function notOne(how: string, ofKind: readonly ContractMaterial[], open: readonly ContractMaterial[]) {
  const names = ofKind.map(({ name }) => name).join(', ');
  if (ofKind.length === 0) {
    return cliError(
      'material_unknown',
      `${how}, and the contract wants no material of that kind: say which one it is with --name`,
    );
  }
  return cliError(
    'material_ambiguous',
    open.length === 0
      ? `${how}, and what the contract wants of that kind is recorded already (${names}): replace it with --name, or record one more with --name and --kind`
      : `${how}, and the contract wants several of that kind (${names}): say which one it is with --name`,
  );
}
