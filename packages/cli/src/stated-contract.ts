import type { Contract, ContractMaterial } from '@waybill/core/contract';
import type { RunMaterial } from '@waybill/core/intoto';
import { cliError } from './exit.ts';

/**
 * The contract as the server normalised it. Its inside is taken as given: it only guides the person and the
 * local preview, and the server checks against its own copy.
 */
export function contractOf(document: unknown): Contract {
  const contract = document as Contract | null;
  if (
    typeof contract === 'object' &&
    contract !== null &&
    Array.isArray(contract.materials) &&
    Array.isArray(contract.envAllowList)
  ) {
    return contract;
  }
  throw cliError(
    'state_invalid',
    'the contract of this run is not in a form that this version of waybill reads: use the version that belongs to the server',
  );
}

export interface MaterialStatus {
  readonly name: string;
  readonly kind: string;
  readonly need: 'required' | 'optional' | 'group' | 'extra';
  readonly group: string;
  readonly output: boolean;
  readonly recorded: RunMaterial | null;
  /** True when the attestation cannot pass without it. */
  readonly missing: boolean;
}

/** Each material of the contract, then what was recorded beyond it. */
export function materialStatus(
  contract: Contract,
  recorded: readonly RunMaterial[],
): readonly MaterialStatus[] {
  const byName = new Map(recorded.map((material) => [material.name, material]));
  const filledGroups = new Set(
    contract.materials.filter(({ name }) => byName.has(name)).map(({ group }) => group),
  );
  const named = contract.materials.map((material): MaterialStatus => {
    const found = byName.get(material.name) ?? null;
    const need = needOf(material);
    return {
      name: material.name,
      kind: material.kind,
      need,
      group: material.group,
      output: material.output,
      recorded: found,
      missing:
        found === null && (need === 'required' || (need === 'group' && !filledGroups.has(material.group))),
    };
  });
  const known = new Set(contract.materials.map(({ name }) => name));
  const extra = recorded.filter(({ name }) => !known.has(name));
  return [
    ...named,
    ...extra.map(
      (material): MaterialStatus => ({
        name: material.name,
        kind: material.kind,
        need: 'extra',
        group: '',
        output: material.output,
        recorded: material,
        missing: false,
      }),
    ),
  ];
}

function needOf(material: ContractMaterial): 'required' | 'optional' | 'group' {
  if (material.group !== '') return 'group';
  return material.optional ? 'optional' : 'required';
}
