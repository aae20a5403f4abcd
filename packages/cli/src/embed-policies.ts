/** Policies that a contract refers to by a file or a URL, put into it here: the server fetches nothing. */
import path from 'node:path';
import { isCoded, messageOf } from '@waybill/core';
import type { Json } from '@waybill/core/bytes';
import type { PolicyReference } from '@waybill/core/contract';
import { digestOf } from '@waybill/core/digest';
import { type ContractSource, fetchSource } from './contract-source.ts';
import { cliError } from './exit.ts';
import { readNamedBytes } from './files.ts';
import type { Session } from './session.ts';

/**
 * The contract with each policy in the place of its address. One that is not there, or is no policy, stays a reference
 * with a word about it; one that is not the bytes that its reference pins ends all. Throws `policy_pin`.
 */
export async function embedPolicies(session: Session, source: ContractSource): Promise<ContractSource> {
  // Most contracts refer to nothing, and the reader of YAML is large.
  if (!/\b(?:file|https?):\/\//.test(source.document)) return source;
  const { policyReferences, withPolicies } = await import('@waybill/core/contract');
  const found = new Map<PolicyReference, Json>();
  for (const reference of policyReferences(source.document, source.filename)) {
    const at = `${source.filename}:${reference.line}:${reference.column}`;
    try {
      const { policy, digest } = await policyAt(session, source, reference);
      found.set(reference, policy);
      session.output.note(`${at}: the policy ${reference.address} is put into the contract (${digest})`);
    } catch (error) {
      if (!isCoded(error) || isCoded(error, 'policy_pin')) throw error;
      session.output.note(
        `${at}: the policy ${reference.address} is not put into the contract: ${messageOf(error)} It stays a reference, ` +
          'which no server follows, so that runs end FAILED: apply the contract where the policy can be read',
      );
    }
  }
  return { ...source, document: withPolicies(source.document, found) };
}

interface Bytes {
  readonly bytes: Uint8Array;
  /** What is named beside it. */
  readonly beside: (name: string) => Promise<Uint8Array>;
}

async function policyAt(session: Session, source: ContractSource, { address, pin }: PolicyReference) {
  const { bytes, beside } = address.startsWith('file://')
    ? await fromFile(session, source, address.slice('file://'.length))
    : await fromUrl(session, address);
  const digest = digestOf(bytes);
  if (pin !== null && pin !== digest) {
    throw cliError(
      'policy_pin',
      `${address} has the digest ${digest}, and its reference in the contract expects ${pin}`,
    );
  }
  const [{ readEither }, { toPlain }, { readPolicy }, { withPrograms }] = await Promise.all([
    import('./policy/read-value.ts'),
    import('@waybill/rego'),
    import('@waybill/core/policy'),
    import('./policy/with-programs.ts'),
  ]);
  const document = toPlain(await readEither(Buffer.from(bytes).toString('utf8'), address)) as Json;
  const policy = await withPrograms(document, async (name) =>
    Buffer.from(await beside(name)).toString('utf8'),
  );
  readPolicy(policy);
  return { policy, digest };
}

/** Beside the contract, or where the command runs. Whoever wrote a contract on another machine reads no file of this one. */
async function fromFile(session: Session, { directory }: ContractSource, name: string): Promise<Bytes> {
  if (directory === null) {
    throw cliError(
      'cli_file',
      `it names the file ${name}, which a contract from a URL does not get from this machine.`,
    );
  }
  const places = [...new Set([directory, session.cwd])].map((place) => path.resolve(place, name));
  const [file, bytes] = await firstReadable(places);
  return { bytes, beside: (other) => readNamedBytes(path.resolve(path.dirname(file), other)) };
}

async function firstReadable([file = '', ...others]: readonly string[]): Promise<
  readonly [string, Uint8Array]
> {
  try {
    return [file, await readNamedBytes(file)];
  } catch (error) {
    if (others.length === 0 || !isCoded(error, 'cli_file')) throw error;
    return firstReadable(others);
  }
}

async function fromUrl(session: Session, address: string): Promise<Bytes> {
  const read = async (url: string): Promise<Uint8Array> =>
    Buffer.from((await fetchSource(session, url)).document, 'utf8');
  return { bytes: await read(address), beside: (name) => read(new URL(name, address).href) };
}
