import { canonicalJson, type Json } from '../bytes/index.ts';
import type { Contract, ContractAssurance, ContractMaterial, PolicyAttachment } from './contract.ts';

/** `laxer`: a run that failed before may conform now. `stricter`: the other way round. `other`: neither, or both. */
export type Effect = 'laxer' | 'stricter' | 'other';

export interface ContractChange {
  /** Like `materials.image.optional`: members of lists by name. */
  readonly path: string;
  readonly effect: Effect;
  /** Undefined: it was not there. */
  readonly before?: Json;
  /** Undefined: it is not there any more. */
  readonly after?: Json;
}

/**
 * What differs in the demands of two contracts, whatever they are written in, and whether it asks for less. Where the
 * effect hangs on more than the change itself it is `other`, never `stricter`.
 */
export function diffContracts(before: Contract, after: Contract): readonly ContractChange[] {
  return [
    ...value('description', before.description, after.description),
    ...members('labels', before.labels, after.labels, { added: 'other', removed: 'other' }),
    ...diffMaterials(before.materials, after.materials),
    ...members('envAllowList', bySelf(before.envAllowList), bySelf(after.envAllowList), ALLOWING),
    ...value('runner', before.runner, after.runner, (from, to) => demandEffect(from === null, to === null)),
    ...diffAnnotations('annotations', before, after),
    ...diffSigners(before, after),
    ...diffAssurance(before.assurance ?? NO_ASSURANCE, after.assurance ?? NO_ASSURANCE),
    ...diffPolicies('policies.materials', before.policies.materials, after.policies.materials),
    ...diffPolicies('policies.attestation', before.policies.attestation, after.policies.attestation),
    ...members('policyGroups', byRef(before.policyGroups), byRef(after.policyGroups), DEMANDING),
  ];
}

/** Which effect it has that a member came or went. */
interface Effects {
  readonly added: Effect;
  readonly removed: Effect;
}

const DEMANDING: Effects = { added: 'stricter', removed: 'laxer' };
const ALLOWING: Effects = { added: 'laxer', removed: 'stricter' };

type Members<T> = Readonly<Record<string, T>>;
const isSame = (a: unknown, b: unknown): boolean => canonicalJson(a as Json) === canonicalJson(b as Json);

/** Of a demand that may be there or not. */
function demandEffect(wasFree: boolean, isFree: boolean): Effect {
  if (wasFree === isFree) return 'other';
  return isFree ? 'laxer' : 'stricter';
}

function value<T>(
  path: string,
  before: T,
  after: T,
  effectOf: (before: T, after: T) => Effect = () => 'other',
): readonly ContractChange[] {
  if (isSame(before, after)) return [];
  return [{ path, effect: effectOf(before, after), before: before as Json, after: after as Json }];
}

function members<T>(
  path: string,
  before: Members<T>,
  after: Members<T>,
  effects: Effects,
  changed: (path: string, before: T, after: T) => readonly ContractChange[] = value,
): readonly ContractChange[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name): readonly ContractChange[] => {
    const at = `${path}.${name}`;
    const [old, now] = [own(before, name), own(after, name)];
    if (old === undefined) return [{ path: at, effect: effects.added, after: now as Json }];
    if (now === undefined) return [{ path: at, effect: effects.removed, before: old as Json }];
    return changed(at, old, now);
  });
}

/** A name may be `constructor`. */
function own<T>(all: Members<T>, name: string): T | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined;
}

const bySelf = (names: readonly string[]): Members<true> =>
  Object.fromEntries(names.map((name) => [name, true]));

function byName<T extends { readonly name: string }>(items: readonly T[]): Members<T> {
  return Object.fromEntries(items.map((item) => [item.name, item]));
}

/** By what they refer to; a second of the same kind by its number. */
function byRef<T extends { readonly ref: string | null }>(items: readonly T[]): Members<T> {
  const named: Record<string, T> = Object.create(null) as Record<string, T>;
  for (const item of items) {
    const name = item.ref ?? nameIn(item);
    let key = name;
    for (let number = 2; key in named; number++) key = `${name}#${number}`;
    named[key] = item;
  }
  return named;
}

function nameIn(item: object): string {
  const { embedded } = item as {
    readonly embedded?: { readonly metadata?: { readonly name?: unknown } } | null;
  };
  const name = embedded?.metadata?.name;
  return typeof name === 'string' ? name : 'embedded';
}

function diffMaterials(
  before: readonly ContractMaterial[],
  after: readonly ContractMaterial[],
): readonly ContractChange[] {
  // One that may be left out asks for nothing; one of a group is an alternative to the others.
  const effects: Effects = { added: 'other', removed: 'other' };
  return members('materials', byName(before), byName(after), effects, diffMaterial).map((change) => {
    const whole = (change.before ?? change.after) as unknown as ContractMaterial;
    const isWhole = change.before === undefined || change.after === undefined;
    if (!isWhole || whole.optional || whole.group !== '') return change;
    return { ...change, effect: change.before === undefined ? 'stricter' : 'laxer' };
  });
}

function diffMaterial(
  path: string,
  before: ContractMaterial,
  after: ContractMaterial,
): readonly ContractChange[] {
  return [
    ...value(`${path}.kind`, before.kind, after.kind),
    ...value(`${path}.optional`, before.optional, after.optional, demandEffect),
    ...value(`${path}.output`, before.output, after.output),
    ...value(`${path}.skipUpload`, before.skipUpload, after.skipUpload, demandEffect),
    ...value(`${path}.group`, before.group, after.group),
    ...diffAnnotations(`${path}.annotations`, before, after),
  ];
}

function diffAnnotations(
  path: string,
  before: Pick<Contract, 'annotations'>,
  after: Pick<Contract, 'annotations'>,
): readonly ContractChange[] {
  const values = ({ annotations }: Pick<Contract, 'annotations'>): Members<string> =>
    Object.fromEntries(annotations.map((annotation) => [annotation.name, annotation.value]));
  return members(path, values(before), values(after), DEMANDING, (at, old, now) =>
    value(at, old, now, () => demandEffect(old === '', now === '')),
  );
}

/** Nobody named is not the same as anybody, so the step from or to it is neither. */
function diffSigners(before: Contract, after: Contract): readonly ContractChange[] {
  const named = ({ signers }: Contract): Members<true> =>
    bySelf(signers.map(({ issuer, subject }) => `${subject} (issuer ${issuer})`));
  const both = before.signers.length > 0 && after.signers.length > 0;
  return members(
    'signers',
    named(before),
    named(after),
    both ? ALLOWING : { added: 'other', removed: 'other' },
  );
}

const NO_ASSURANCE: ContractAssurance = {
  verifiedRunner: false,
  minimumBuildLevel: 0,
  maxRunSeconds: null,
  maxVerdictSeconds: null,
};

function diffAssurance(before: ContractAssurance, after: ContractAssurance): readonly ContractChange[] {
  const lessIsLaxer = (old: number, now: number): Effect => (now < old ? 'laxer' : 'stricter');
  const ages = (['maxRunSeconds', 'maxVerdictSeconds'] as const).flatMap((key) =>
    value(`assurance.${key}`, before[key], after[key], (old, now) =>
      lessIsLaxer(-(old ?? Number.POSITIVE_INFINITY), -(now ?? Number.POSITIVE_INFINITY)),
    ),
  );
  return [
    ...value('assurance.verifiedRunner', before.verifiedRunner, after.verifiedRunner, (old) =>
      old ? 'laxer' : 'stricter',
    ),
    ...value('assurance.minimumBuildLevel', before.minimumBuildLevel, after.minimumBuildLevel, lessIsLaxer),
    ...ages,
  ];
}

function diffPolicies(
  path: string,
  before: readonly PolicyAttachment[],
  after: readonly PolicyAttachment[],
): readonly ContractChange[] {
  return members(path, byRef(before), byRef(after), DEMANDING, (at, old, now) => [
    ...value(`${at}.disabled`, old.disabled, now.disabled, demandEffect),
    ...value(`${at}.gate`, old.gate, now.gate, () => demandEffect(old.gate === false, now.gate === false)),
    ...(['embedded', 'selector', 'with', 'requirements'] as const).flatMap((key) =>
      value(`${at}.${key}`, old[key], now[key]),
    ),
  ]);
}
