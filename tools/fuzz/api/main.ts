import { missingSchemathesis, runSchemathesis } from './schemathesis.ts';
import { exchanges, fuzzSockets } from './sockets.ts';
import { type Furnished, furnishedWorld } from './world.ts';

const REQUESTS = 3000;

/** `npm run fuzz -- api`. Gives the exit code. */
export async function fuzzApi(seed: number): Promise<number> {
  const world = await furnishedWorld();
  try {
    const faults = await overSockets(world, seed);
    return (await withSchemathesis(world, seed)) && faults === 0 ? 0 : 1;
  } finally {
    await world.close();
  }
}

async function overSockets(world: Furnished, seed: number): Promise<number> {
  let faults = 0;
  console.log(
    `mutated requests over sockets, seed ${seed}\n\n| service | requests | answers, by status | faults |\n| --- | --- | --- | --- |`,
  );
  for (const service of Object.keys(exchanges(world))) {
    const result = await fuzzSockets(world, service, { seed, count: REQUESTS });
    const statuses = Object.entries(result.byStatus).map(([status, count]) => `${status} ${count}`);
    console.log(`| ${service} | ${result.requests} | ${statuses.join(', ')} | ${result.faults.length} |`);
    for (const fault of result.faults.slice(0, 5)) console.log(`FAIL ${service}: ${fault}`);
    faults += result.faults.length;
  }
  return faults;
}

async function withSchemathesis(world: Furnished, seed: number): Promise<boolean> {
  const missing = missingSchemathesis();
  if (missing !== null) {
    console.log(missing);
    return true;
  }
  const codes = [];
  for (const signedIn of [false, true]) codes.push(await runSchemathesis(world, { seed, signedIn }));
  return codes.every((code) => code === 0);
}
