import { quoted } from '../bytes/index.ts';
import type { RunMaterial, RunPredicate } from '../intoto/index.ts';
import type { Contract, ContractAnnotation, ContractMaterial } from './contract.ts';
import { variablesOf } from './runner.ts';

export type ConformanceCode =
  | 'contract_material_missing'
  | 'contract_material_kind'
  | 'contract_material_output'
  | 'contract_group_missing'
  | 'contract_annotation'
  | 'contract_environment'
  | 'contract_runner'
  | 'contract_assurance_runner'
  | 'contract_assurance_level'
  | 'contract_assurance_age';

/** One way in which a run does not give what its contract demands. */
export interface ConformanceFinding {
  readonly code: ConformanceCode;
  readonly message: string;
  /** Name of the material concerned. */
  readonly material?: string;
}

/** What a run states and a contract can judge; a RunPredicate is one. */
export type ConformanceInput = Pick<RunPredicate, 'materials' | 'environment' | 'annotations' | 'runner'>;

/**
 * Everything in which `run` falls short of `contract`; an empty list means that it conforms. Materials that the contract
 * does not name may come along, but never as outputs. Policies and signers are judged elsewhere.
 */
export function checkContract(contract: Contract, run: ConformanceInput): readonly ConformanceFinding[] {
  const given = new Map(run.materials.map((material) => [material.name, material]));
  return [
    ...checkRequired(contract, given),
    ...checkGroups(contract, given),
    ...run.materials.flatMap((material) => checkMaterial(contract, material)),
    ...checkAnnotations(contract.annotations, run.annotations, 'the run'),
    ...checkEnvironment(contract, run),
    ...checkRunner(contract, run),
  ];
}

type Given = ReadonlyMap<string, RunMaterial>;

function checkRequired(contract: Contract, given: Given): readonly ConformanceFinding[] {
  return contract.materials
    .filter((wanted) => !wanted.optional && wanted.group === '' && !given.has(wanted.name))
    .map((wanted) => ({
      code: 'contract_material_missing',
      material: wanted.name,
      message: `the contract requires the material ${wanted.name} (${wanted.kind}), the run has none of that name`,
    }));
}

/** "At least one of": membership replaces the duty of the single member, whether marked optional or not. */
function checkGroups(contract: Contract, given: Given): readonly ConformanceFinding[] {
  const groups = Map.groupBy(
    contract.materials.filter((wanted) => wanted.group !== ''),
    (wanted) => wanted.group,
  );
  return [...groups]
    .filter(([, members]) => !members.some((member) => given.has(member.name)))
    .map(([group, members]) => ({
      code: 'contract_group_missing',
      message: `the contract requires at least one material of the group ${group}: ${members.map((member) => member.name).join(', ')}; the run has none`,
    }));
}

function checkMaterial(contract: Contract, material: RunMaterial): readonly ConformanceFinding[] {
  const wanted = contract.materials.find((candidate) => candidate.name === material.name);
  if (wanted === undefined) return checkExtra(material);
  const findings: ConformanceFinding[] = [];
  if (material.kind !== wanted.kind) {
    findings.push({
      code: 'contract_material_kind',
      material: wanted.name,
      message: `the contract requires ${wanted.name} to be a ${wanted.kind}, the run gives a ${quoted(material.kind)}`,
    });
  }
  if (material.output !== wanted.output) findings.push(outputDiffers(wanted));
  const about = checkAnnotations(wanted.annotations, material.annotations, `the material ${wanted.name}`);
  return [...findings, ...about.map((finding) => ({ ...finding, material: wanted.name }))];
}

function outputDiffers(wanted: ContractMaterial): ConformanceFinding {
  return {
    code: 'contract_material_output',
    material: wanted.name,
    message: wanted.output
      ? `the contract makes ${wanted.name} an output, the run does not`
      : `the run makes ${wanted.name} an output, the contract does not`,
  };
}

/** An output is a subject of the attestation: only the contract can make something one. */
function checkExtra(material: RunMaterial): readonly ConformanceFinding[] {
  if (!material.output) return [];
  return [
    {
      code: 'contract_material_output',
      material: material.name,
      message: `the run makes ${quoted(material.name)} an output, the contract does not name it`,
    },
  ];
}

function checkAnnotations(
  wanted: readonly ContractAnnotation[],
  given: Readonly<Record<string, string>>,
  owner: string,
): readonly ConformanceFinding[] {
  return wanted.flatMap(({ name, value }) => {
    const found = Object.hasOwn(given, name) ? given[name] : undefined;
    const expected = value === '' ? 'a value' : quoted(value);
    const fits = value === '' ? found !== undefined && found !== '' : found === value;
    if (fits) return [];
    const shown = found === undefined ? 'nothing' : quoted(found);
    return {
      code: 'contract_annotation',
      message: `the annotation ${name} of ${owner}: expected ${expected}, found ${shown}`,
    };
  });
}

function checkEnvironment(contract: Contract, run: ConformanceInput): readonly ConformanceFinding[] {
  const { required, optional } = variablesOf(run.runner.type);
  const allowed = new Set([...contract.envAllowList, ...required, ...optional]);
  return Object.keys(run.environment)
    .filter((name) => !allowed.has(name))
    .map((name) => ({
      code: 'contract_environment',
      message: `the run states the environment variable ${quoted(name)}, which is neither in the contract's envAllowList nor one of ${quoted(run.runner.type)}`,
    }));
}

function checkRunner(contract: Contract, run: ConformanceInput): readonly ConformanceFinding[] {
  if (contract.runner === null || run.runner.type === contract.runner) return [];
  return [
    {
      code: 'contract_runner',
      message: `the contract requires the runner ${contract.runner}, the run states ${quoted(run.runner.type)}`,
    },
  ];
}
