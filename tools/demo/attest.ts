import type { Receipt } from '@waybill/api';
import type { Build } from './build.ts';
import type { Waybill } from './waybill.ts';

export interface Attested {
  readonly receipt: Receipt;
  readonly signer: string;
}

/** Step 4, as a pipeline does it: separate processes, the state in a file between them. */
export async function attest(options: {
  readonly waybill: Waybill;
  readonly token: string;
  readonly build: Build & { readonly image: string };
  readonly say: (line: string) => void;
}): Promise<Attested> {
  const { waybill, token, build, say } = options;
  await waybill(['attestation', 'init', '--project', 'cli', '--workflow', 'release'], { token });
  const materials = [
    ['image', build.image],
    ['program', build.program],
    ['sbom', build.sbom],
    ['tests', build.tests],
    ['version', build.version],
  ] as const;
  for (const [name, value] of materials) {
    await waybill(['attestation', 'add', '--name', name, '--value', value], { token });
  }
  const { stdout: status } = await waybill(['attestation', 'status'], { token });
  say(status.trim().split('\n').at(-1) ?? '');
  const { stdout } = await waybill(
    ['attestation', 'push', '--bundle', 'attestation.json', '--output', 'json'],
    { token },
  );
  const receipt = JSON.parse(stdout) as Receipt;
  const { signer } = receipt;
  const name = signer.type === 'certificate' ? signer.subject : signer.name;
  say(`signed by ${name}`);
  return { receipt, signer: name };
}
