/** What a signing certificate says about its token beside the SAN: OIDs 1.3.6.1.4.1.57264.1.N (Fulcio docs/oid-info.md). */
import { utf8 } from '../bytes/index.ts';
import { derUtf8String } from './der-writer.ts';

const ARC = '1.3.6.1.4.1.57264.1';

/** `issuer` fills both N = 1 (deprecated, still emitted) and N = 8. 7 is the form of a SAN, not an extension. */
export const FULCIO_EXTENSION_NUMBERS = {
  issuer: 8,
  githubWorkflowTrigger: 2,
  githubWorkflowSha: 3,
  githubWorkflowName: 4,
  githubWorkflowRepository: 5,
  githubWorkflowRef: 6,
  buildSignerUri: 9,
  buildSignerDigest: 10,
  runnerEnvironment: 11,
  sourceRepositoryUri: 12,
  sourceRepositoryDigest: 13,
  sourceRepositoryRef: 14,
  sourceRepositoryIdentifier: 15,
  sourceRepositoryOwnerUri: 16,
  sourceRepositoryOwnerIdentifier: 17,
  buildConfigUri: 18,
  buildConfigDigest: 19,
  buildTrigger: 20,
  runInvocationUri: 21,
  sourceRepositoryVisibility: 22,
  deploymentEnvironment: 23,
  tokenSubject: 24,
} as const;

export type FulcioExtensionName = keyof typeof FULCIO_EXTENSION_NUMBERS;

/** The issuer of the token is always stated, the rest where the token says it. */
export type FulcioExtensions = { readonly issuer: string } & {
  readonly [Name in FulcioExtensionName]?: string;
};

export interface ExtensionValue {
  readonly oid: string;
  readonly value: Uint8Array;
}

/** The extensions in ascending N. 1 to 6 are bare bytes, from 8 on a DER UTF8String. */
export function fulcioExtensionValues(extensions: FulcioExtensions): readonly ExtensionValue[] {
  const numbered: [number, string][] = [[1, extensions.issuer]];
  for (const [name, number] of Object.entries(FULCIO_EXTENSION_NUMBERS)) {
    const text = extensions[name as FulcioExtensionName];
    if (text !== undefined) numbered.push([number, text]);
  }
  return numbered
    .toSorted(([a], [b]) => a - b)
    .map(([number, text]) => ({
      oid: `${ARC}.${number}`,
      value: number < 7 ? utf8(text) : derUtf8String(text),
    }));
}
