import type { Contract } from './contract.ts';
import type { ConformanceFinding } from './check.ts';

/** What a server itself knows of a run; never what its client states. */
export interface RunFacts {
  /** Whether a token of the CI system proves that it ran there. Null: nobody has looked. */
  readonly verifiedRunner: boolean | null;
  /** Highest SLSA build level that the proven facts allow. Null: nobody has looked. */
  readonly buildLevel: number | null;
  readonly startedAt: Date;
  readonly judgedAt: Date;
}

/** Where a run falls short of the proof that the contract demands. A fact that nobody has is a finding, never a pass. */
export function checkAssurance(contract: Contract, facts: RunFacts): readonly ConformanceFinding[] {
  const { assurance } = contract;
  if (assurance === undefined) return [];
  return [
    ...(assurance.verifiedRunner ? checkRunner(contract, facts) : []),
    ...checkLevel(assurance.minimumBuildLevel, facts),
    ...checkAge(assurance.maxRunSeconds, facts),
  ];
}

function checkRunner({ runner }: Contract, { verifiedRunner }: RunFacts): readonly ConformanceFinding[] {
  if (verifiedRunner === true) return [];
  const demand = `the contract requires a proven runner${runner === null ? '' : ` ${runner}`}`;
  const found =
    verifiedRunner === null
      ? 'and this server has nothing that proves one for this run'
      : 'and the run only states one: sign with the identity token of the CI system';
  return [{ code: 'contract_assurance_runner', message: `${demand}, ${found}` }];
}

function checkLevel(minimum: number, { buildLevel }: RunFacts): readonly ConformanceFinding[] {
  if (minimum === 0 || (buildLevel !== null && buildLevel >= minimum)) return [];
  const found = buildLevel === null ? 'undetermined' : String(buildLevel);
  return [
    {
      code: 'contract_assurance_level',
      message: `the contract requires SLSA build level ${minimum}, the proven facts allow: ${found}`,
    },
  ];
}

function checkAge(
  maxSeconds: number | null,
  { startedAt, judgedAt }: RunFacts,
): readonly ConformanceFinding[] {
  const seconds = (judgedAt.getTime() - startedAt.getTime()) / 1000;
  // Written so that an age that is no number is too old.
  if (maxSeconds === null || seconds <= maxSeconds) return [];
  return [
    {
      code: 'contract_assurance_age',
      message: `the contract requires evidence at most ${maxSeconds} s after the start of the run, found ${Math.ceil(seconds)} s: start a new run`,
    },
  ];
}

/** Until when a verdict under the contract counts; null: time alone changes nothing. */
export function verdictExpiry({ assurance }: Contract, judgedAt: Date): Date | null {
  const seconds = assurance?.maxVerdictSeconds ?? null;
  return seconds === null ? null : new Date(judgedAt.getTime() + seconds * 1000);
}
