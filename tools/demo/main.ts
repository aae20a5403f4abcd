/** `npm run demo`: Waybill does its whole job on the build of its own command line. */
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, Secret } from '@waybill/core';
import { attest } from './attest.ts';
import { buildOurselves } from './build.ts';
import { cheat } from './cheats.ts';
import { interrupted } from './interrupted.ts';
import { narrator } from './narrate.ts';
import { applyContract, askGate, prove, pushBuild, type Stage } from './steps.ts';
import { freePort, serve, waybillFor } from './waybill.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const PROGRAM = join(REPOSITORY, 'packages/cli/bin/waybill.js');

async function demo(directory: string, keep: boolean): Promise<void> {
  const tell = narrator(8, (text) => console.log(text));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const waybill = waybillFor({ program: PROGRAM, url, cwd: directory });
  const stage: Stage = { repository: REPOSITORY, directory, dataDir: join(directory, 'data'), url, waybill };

  const server = await tell.step(
    'Server: one process, embedded PostgreSQL, its own Sigstore',
    async (say) => {
      const child = await serve({ program: PROGRAM, port, dataDir: stage.dataDir });
      say(`ready on ${url}`);
      return child;
    },
  );
  try {
    const tokens = await tell.step('Contract: what a release of the command line owes', (say) =>
      applyContract(stage, say),
    );
    const build = await tell.step('Build: bundle, SBOM, tests, image', async (say) =>
      pushBuild(
        stage,
        { built: await buildOurselves(REPOSITORY, join(directory, 'build')), token: tokens.pipeline },
        say,
      ),
    );
    const { receipt, signer } = await tell.step(
      'Attest: init, five materials, status, push, without a stored key',
      (say) => attest({ waybill, token: tokens.pipeline, build, say }),
    );
    await tell.step('Verdict: by the server, from its own checks', async (say) => {
      say(`${receipt.result}, signed by ${signer}`);
      for (const { name, material, outcome } of receipt.policies ?? []) {
        say(`policy ${name} about ${material ?? 'the run'}: ${outcome}`);
      }
      say(`log index ${receipt.attestation.log.logIndex} in ${receipt.attestation.log.origin}`);
      say(`VSA ${receipt.vsa.bundleDigest}`);
    });
    await tell.step('Proof: offline, by somebody who does not trust this server', (say) =>
      prove(stage, build, say),
    );
    await tell.step('Cheats: straight to the API, past the checks of the command line', (say) =>
      cheat({ url, ownerToken: new Secret(tokens.owner), build, say }),
    );
    await tell.step('Gate: the attested image may pass, another may not', (say) =>
      askGate(stage, { build, token: tokens.pipeline }, say),
    );
    tell.summary([
      'Evidence in, verified by the server, decided, enforceable.',
      `Run ${receipt.runId} is ${receipt.result}; four cheats are FAILED; the gate told them apart.`,
    ]);
    if (keep) await untilInterrupted(stage);
  } finally {
    await stop(server);
  }
}

async function untilInterrupted({ url, dataDir }: Stage): Promise<void> {
  console.log(`The server stays up on ${url} until Ctrl-C; its owner token is in ${dataDir}/owner-token`);
  if (!interrupted.aborted) await once(interrupted, 'abort');
}

async function stop(server: Awaited<ReturnType<typeof serve>>): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((exited) => server.once('exit', exited));
  server.kill('SIGTERM');
  await gone;
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const directory = await mkdtemp(join(tmpdir(), 'waybill-demo-'));
// As root PostgreSQL runs as another user, who must be able to pass.
await chmod(directory, 0o711);
try {
  await demo(directory, values.keep);
} catch (error) {
  if (!interrupted.aborted) console.error(`\nThe demo failed: ${messageOf(error)}`);
  process.exitCode = interrupted.aborted ? 130 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
