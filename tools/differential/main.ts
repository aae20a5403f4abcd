/** `npm run differential`: generated Rego programs, by our engine and by one server of OPA's. */
import { parseArgs } from 'node:util';
import { requirePeer } from '../../packages/testkit/src/peers.ts';
import { differences } from './compare.ts';
import { OpaServer } from './opa-server.ts';

const USAGE = 'usage: npm run differential -- [--cases N] [--seed N]     10,000 programs unless told';
const SHOWN = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
  const [cases, seed] = [
    Number(values.cases ?? 10_000),
    Number(values.seed ?? Math.floor(Date.now() / 1000)),
  ];
  const opa = requirePeer('opa');
  if (![cases, seed].every((number) => Number.isInteger(number) && number > 0)) return usage(USAGE);
  if (opa.path === null) return usage(opa.skip);
  const server = new OpaServer(opa.path);
  await server.start();
  try {
    const { found, outcomes } = await differences(server, { cases, seed });
    for (const { at, module, what } of found.slice(0, SHOWN)) console.log(`FAIL ${at}: ${what}\n${module}`);
    for (const [outcome, count] of outcomes) console.log(`${outcome}: ${count}`);
    console.log(`${cases} programs of seed ${seed}, ${found.length} mean something else to OPA`);
    return found.length > 0 ? 1 : 0;
  } finally {
    server.stop();
  }
}

function usage(text: string): number {
  console.error(text);
  return 2;
}

process.exitCode = await main();
