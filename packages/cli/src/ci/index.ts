import { existsSync } from 'node:fs';
import type { RunChange } from '@waybill/core/intoto';
import { variablesOf } from '@waybill/core/runner';
import { cliError } from '../exit.ts';
import { azure } from './azure.ts';
import { buildkite } from './buildkite.ts';
import { circleci } from './circleci.ts';
import { dagger } from './dagger.ts';
import { generic } from './generic.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { jenkins } from './jenkins.ts';
import type { CiProvider, Place } from './provider.ts';
import { sandbox } from './sandbox.ts';
import { teamcity } from './teamcity.ts';
import { tekton } from './tekton.ts';
import { withoutCredentials } from './without-credentials.ts';

/** In the order in which they are tried: what runs inside of another comes first, and `generic` takes what is left. */
export const PROVIDERS: readonly CiProvider[] = [
  sandbox,
  dagger,
  github,
  gitlab,
  azure,
  jenkins,
  circleci,
  buildkite,
  teamcity,
  tekton,
];

export interface Runner {
  readonly type: CiProvider['type'];
  readonly url?: string;
  /** The pull or merge request that this run is about. */
  readonly change?: RunChange;
  readonly environment: Readonly<Record<string, string>>;
}

/** Throws `runner_variable_missing` when the CI system is recognised but lacks a variable that a run records. */
export function detectRunner(env: NodeJS.ProcessEnv, exists: Place['exists'] = existsSync): Runner {
  const provider = PROVIDERS.find((candidate) => candidate.detect({ env, exists })) ?? generic;
  const { required, optional } = variablesOf(provider.type);
  const missing = required.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw cliError(
      'runner_variable_missing',
      `this looks like ${provider.type}, but ${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not set: pass the CI system's variables on to waybill`,
    );
  }
  const url = provider.url(env);
  const change = changeOf(provider, env);
  return {
    type: provider.type,
    ...(url === undefined ? {} : { url: withoutCredentials(url) }),
    ...(change === undefined ? {} : { change }),
    environment: capture(env, [...required, ...optional]),
  };
}

function changeOf(provider: CiProvider, env: NodeJS.ProcessEnv): RunChange | undefined {
  const change = provider.change?.(env);
  return change?.url === undefined ? change : { ...change, url: withoutCredentials(change.url) };
}

/** The values of the named variables that are set; URLs lose their credentials. */
export function capture(env: NodeJS.ProcessEnv, names: readonly string[]): Readonly<Record<string, string>> {
  const set = names
    .map((name) => [name, env[name]] as const)
    .filter((pair): pair is readonly [string, string] => Boolean(pair[1]));
  return Object.fromEntries(set.map(([name, value]) => [name, withoutCredentials(value)]));
}

/** Whether the name of a variable says that its value is a secret: such a variable is never recorded. */
export function looksSecret(name: string): boolean {
  return /(^|_)(TOKEN|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|PRIVATE_KEY|API_?KEY|ACCESS_KEY|AUTH)(_|$)/i.test(
    name,
  );
}
