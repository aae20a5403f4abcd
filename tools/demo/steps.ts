import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Decision } from '@waybill/api';
import type { Build } from './build.ts';
import { verifyIndependently } from './evidence.ts';
import { pushImage } from './image.ts';
import type { Waybill } from './waybill.ts';

export interface Stage {
  readonly repository: string;
  /** Where the demo works; removed at its end. */
  readonly directory: string;
  readonly dataDir: string;
  readonly url: string;
  readonly waybill: Waybill;
}

export type Say = (line: string) => void;
export type PushedBuild = Build & { readonly image: string };

const IMAGES = 'default/cli/image';

export async function applyContract(
  stage: Stage,
  say: Say,
): Promise<{ readonly owner: string; readonly pipeline: string }> {
  const { repository, directory, dataDir, url, waybill } = stage;
  await waybill(['login', '--local', '--data', dataDir]);
  const contract = await readFile(join(repository, 'examples/demo-contract.yaml'), 'utf8');
  await writeFile(
    join(directory, 'contract.yaml'),
    withPolicies(contract.replaceAll('ISSUER', `${url}/oidc`), join(repository, 'examples/policies')),
  );
  say((await waybill('contract apply contract.yaml')).stdout.trim());
  await waybill('workflow create --project cli --name release --contract cli-release');
  const { stdout } = await waybill(
    'token create --name ci --project cli --workflow release --expires 1h --output json',
  );
  say('a token for the pipeline, good for one hour and this workflow only');
  return {
    owner: (await readFile(join(dataDir, 'owner-token'), 'utf8')).trim(),
    pipeline: (JSON.parse(stdout) as { secret: string }).secret,
  };
}

/** Puts the documents of the policies in place of their names. */
function withPolicies(contract: string, directory: string): string {
  return contract.replaceAll(/^( *)- embedded: ([a-z-]+)$/gm, (_line, indent: string, name: string) => {
    const document = readFileSync(join(directory, `${name}.yaml`), 'utf8');
    return `${indent}- embedded:\n${document.replaceAll(/^(?=.)/gm, `${indent}    `)}`;
  });
}

export async function pushBuild(
  { url }: Stage,
  given: { readonly built: Build; readonly token: string },
  say: Say,
): Promise<PushedBuild> {
  const { built, token } = given;
  say(`SBOM with ${built.components} components, ${built.testCases} tests passed`);
  const image = await pushImage({ url, token, repository: IMAGES, program: built.program });
  say(`image ${image}`);
  return { ...built, image };
}

export async function prove(stage: Stage, build: PushedBuild, say: Say): Promise<void> {
  const { directory, url, waybill } = stage;
  const bundle = join(directory, 'attestation.json');
  const trustedRoot = join(directory, 'trusted_root.json');
  await writeFile(trustedRoot, await (await fetch(`${url}/waybill/v1/trust/trusted-root`)).text());
  say(`@sigstore/verify: signed by ${await verifyIndependently({ bundle, trustedRoot })}`);
  const signer = `--certificate-identity ${url}/oidc/default/cli/release --certificate-oidc-issuer ${url}/oidc`;
  await waybill(`verify ${bundle} --trusted-root ${trustedRoot} --artifact ${build.program} ${signer}`);
  say('waybill verify: holds, and is about the program that was built');
}

/** One image as it was attested, and one that differs by a line. */
export async function askGate(
  { directory, url, waybill }: Stage,
  given: { readonly build: PushedBuild; readonly token: string },
  say: Say,
): Promise<void> {
  const { build, token } = given;
  const altered = join(directory, 'build', 'altered.js');
  await writeFile(altered, `${await readFile(build.program, 'utf8')}\n// one line more\n`);
  const unattested = await pushImage({ url, token, repository: IMAGES, program: altered });
  for (const { image, outcome, exitCode } of [
    { image: build.image, outcome: 'allow', exitCode: 0 },
    { image: unattested, outcome: 'deny', exitCode: 4 },
  ]) {
    const { stdout } = await waybill(
      `gate check --contract cli-release --place demo --output json ${image}`,
      { token, expect: [exitCode] },
    );
    const decision = JSON.parse(stdout) as Decision;
    if (decision.outcome !== outcome) throw new Error(`the gate said ${decision.outcome} to ${image}`);
    say(`${decision.outcome}: ${decision.reasons[0]?.message ?? ''}`);
    say(`  decision ${decision.id}`);
  }
}
