/** `npm run demo`: Waybill does its whole job on the build of its own command line. */
import { mkdtemp, readFile, rm, writeFile, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, Secret } from '@waybill/core';
import { attest } from './attest.ts';
import { buildOurselves } from './build.ts';
import { cheat } from './cheats.ts';
import { verifyIndependently } from './evidence.ts';
import { narrator } from './narrate.ts';
import { pushImage } from './image.ts';
import { freePort, serve, waybillFor } from './waybill.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const SOURCES = join(REPOSITORY, 'packages/cli/bin/waybill.js');
const STEPS = 8;

async function demo(directory: string, keep: boolean): Promise<void> {
  const { step, summary } = narrator(STEPS, (text) => console.log(text));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const dataDir = join(directory, 'data');
  const waybill = waybillFor({ program: SOURCES, url, cwd: directory });

  const server = await step('Server: one process, embedded PostgreSQL, its own Sigstore', async (say) => {
    const child = await serve({ program: SOURCES, port, dataDir });
    say(`ready on ${url}`);
    return child;
  });
  try {
    const token = await step('Contract: what a release of the command line owes', async (say) => {
      await waybill(['login', '--local', '--data', dataDir]);
      const contract = await readFile(join(REPOSITORY, 'examples/demo-contract.yaml'), 'utf8');
      await writeFile(join(directory, 'contract.yaml'), contract.replaceAll('ISSUER', `${url}/oidc`));
      say((await waybill(['contract', 'apply', 'contract.yaml'])).stdout.trim());
      await waybill([
        'workflow',
        'create',
        '--project',
        'cli',
        '--name',
        'release',
        '--contract',
        'cli-release',
      ]);
      const created = await waybill([
        ...['token', 'create', '--name', 'ci', '--project', 'cli', '--workflow', 'release'],
        ...['--expires', '1h', '--output', 'json'],
      ]);
      say('a token for the pipeline, good for one hour and this workflow only');
      return (JSON.parse(created.stdout) as { secret: string }).secret;
    });

    const ownerToken = (await readFile(join(dataDir, 'owner-token'), 'utf8')).trim();
    const build = await step('Build: bundle, SBOM, tests, image', async (say) => {
      const built = await buildOurselves(REPOSITORY, join(directory, 'build'));
      say(`SBOM with ${built.components} components, ${built.testCases} tests passed`);
      const image = await pushImage({ url, token, repository: 'default/cli/image', program: built.program });
      say(`image ${image}`);
      return { ...built, image };
    });

    const run = await step('Attest: init, five materials, status, push, without a stored key', (say) =>
      attest({ waybill, token, build, say }),
    );

    await step('Verdict: by the server, from its own checks', async (say) => {
      const { receipt } = run;
      say(`${receipt.result}, signed by ${run.signer}`);
      say(`log index ${receipt.attestation.log.logIndex} in ${receipt.attestation.log.origin}`);
      say(`VSA ${receipt.vsa.bundleDigest}`);
    });

    await step('Proof: offline, by somebody who does not trust this server', async (say) => {
      const bundle = join(directory, 'attestation.json');
      const trustedRoot = join(directory, 'trusted_root.json');
      await writeFile(trustedRoot, await (await fetch(`${url}/waybill/v1/trust/trusted-root`)).text());
      say(`@sigstore/verify: signed by ${await verifyIndependently({ bundle, trustedRoot })}`);
      await waybill([
        ...['verify', bundle, '--trusted-root', trustedRoot, '--artifact', build.program],
        ...[
          '--certificate-identity',
          `${url}/oidc/default/cli/release`,
          '--certificate-oidc-issuer',
          `${url}/oidc`,
        ],
      ]);
      say('waybill verify: holds, and is about the program that was built');
    });

    await step('Cheats: straight to the API, past the checks of the command line', (say) =>
      cheat({ url, ownerToken: new Secret(ownerToken), build, say }),
    );

    await step('Gate: the attested image may pass, another may not', async (say) => {
      const ask = ['gate', 'check', '--contract', 'cli-release', '--place', 'demo', '--output', 'json'];
      const altered = join(directory, 'build', 'altered.js');
      await writeFile(altered, `${await readFile(build.program, 'utf8')}\n// one line more\n`);
      const unattested = await pushImage({ url, token, repository: 'default/cli/image', program: altered });
      for (const [image, expect] of [
        [build.image, 0],
        [unattested, 4],
      ] as const) {
        const { stdout } = await waybill([...ask, image], { token, expect: [expect] });
        const answer = JSON.parse(stdout) as { id: string; outcome: string; reasons: { message: string }[] };
        say(`${answer.outcome}: ${answer.reasons[0]?.message ?? ''}`);
        say(`  decision ${answer.id}`);
      }
    });

    summary([
      `Evidence in, verified by the server, decided, enforceable. Run ${run.receipt.runId} is ${run.receipt.result}.`,
    ]);
    if (keep) {
      console.log(`The server stays up on ${url} until Ctrl-C; its owner token is in ${dataDir}/owner-token`);
      await new Promise((stop) => process.once('SIGINT', stop));
    }
  } finally {
    server.kill('SIGTERM');
    if (server.exitCode === null) await new Promise((gone) => server.once('exit', gone));
  }
}

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const directory = await mkdtemp(join(tmpdir(), 'waybill-demo-'));
// As root PostgreSQL runs as another user, who must be able to pass.
await chmod(directory, 0o711);
try {
  await demo(directory, values.keep);
} catch (error) {
  console.error(`\nThe demo failed: ${messageOf(error)}`);
  process.exitCode = 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
