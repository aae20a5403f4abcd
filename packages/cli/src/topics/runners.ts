import { variablesOf } from '@waybill/core/runner';
import { PROVIDERS } from '../ci/index.ts';

export function text(): string {
  const lines = PROVIDERS.map(({ type }) => {
    const { required, optional } = variablesOf(type);
    return [
      `  ${type}`,
      ...(required.length > 0 ? [wrapped('recorded', required)] : []),
      ...(optional.length > 0 ? [wrapped('where set', optional)] : []),
    ].join('\n');
  });
  return `Tried in this order; elsewhere the runner is GENERIC, and nothing of the environment is recorded:

${lines.join('\n')}

A variable that is always recorded and not set ends init with runner_variable_missing. Further
ones are listed by envAllowList of the contract. A name that says that it is a secret (TOKEN,
PASSWORD, …) is never recorded, and credentials in URLs are cut out. All this is what the job
states; what the server has verified stands in the documents that the server signs.`;
}

const WIDTH = 100;

/** Names behind a title, in lines of their own where there are many. */
function wrapped(title: string, names: readonly string[]): string {
  const indent = ' '.repeat(16);
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    if (last !== undefined && `${indent}${last} ${name}`.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${name}`;
    else lines.push(name);
  }
  return `    ${title.padEnd(12)}${lines.join(`\n${indent}`)}`;
}
