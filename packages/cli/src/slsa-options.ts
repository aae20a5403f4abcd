import path from 'node:path';
import { isDigest } from '@waybill/core/digest';
import type { ProvenanceExpectations, RefExpectation, VerifiedProvenance } from '@waybill/core/slsa';
import type { Artifact } from '@waybill/core/verify';
import type { OptionSpecs } from './command.ts';
import { cliError } from './exit.ts';
import { readNamed, readNamedBytes } from './files.ts';
import { listing } from './output.ts';
import type { Session } from './session.ts';

/** What a build must have been, by the names of slsa-verifier. */
export const PROVENANCE_OPTIONS = {
  'source-uri': {
    type: 'string',
    value: 'URI',
    required: true,
    summary: 'Repository that it must be built from: github.com/OWNER/REPOSITORY',
  },
  'source-tag': { type: 'string', value: 'TAG', summary: 'Tag that it must be built from' },
  'source-versioned-tag': {
    type: 'string',
    value: 'VERSION',
    summary: 'Version of that tag, as many parts as you like: v1 takes v1.4.2, but no pre-release',
  },
  'source-branch': { type: 'string', value: 'BRANCH', summary: 'Branch that it must be built from' },
  'build-workflow-input': {
    type: 'string',
    value: 'NAME=VALUE',
    multiple: true,
    summary: 'Input that the workflow must have been started with',
  },
  'print-provenance': { type: 'boolean', summary: 'Write the verified statement, and nothing else' },
  'trusted-root': {
    type: 'string',
    value: 'FILE',
    summary: "Whom to trust: trusted_root.json of Sigstore; without it the server's own, fetched now",
  },
} as const satisfies OptionSpecs;

/** Optional where a builder that is known does; see `waybill slsa verify-artifact --help`. */
export const BUILDER_OPTION = {
  'builder-id': {
    type: 'string',
    value: 'ID',
    summary:
      'Builder, with its version or without; when not given, one of slsa-github-generator or npm on GitHub',
  },
} as const satisfies OptionSpecs;

interface ExpectationValues {
  readonly 'source-uri': string;
  readonly 'source-tag': string | undefined;
  readonly 'source-versioned-tag': string | undefined;
  readonly 'source-branch': string | undefined;
  readonly 'build-workflow-input': readonly string[];
  readonly 'builder-id': string | undefined;
}

/** Throws `usage_invalid`. */
export function provenanceExpectations(values: ExpectationValues): ProvenanceExpectations {
  const { 'source-uri': sourceUri, 'builder-id': id } = values;
  const refs: readonly (RefExpectation | null)[] = [
    named('tag', values['source-tag']),
    named('versioned-tag', values['source-versioned-tag']),
    named('branch', values['source-branch']),
  ];
  return {
    sourceUri,
    refs: refs.filter((ref) => ref !== null),
    builder: id === undefined ? { type: 'known' } : { type: 'named', id },
    workflowInputs: Object.fromEntries(values['build-workflow-input'].map(inputOf)),
  };
}

function named(type: RefExpectation['type'], name: string | undefined): RefExpectation | null {
  return name === undefined ? null : { type, name };
}

function inputOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw cliError(
    'usage_invalid',
    `--build-workflow-input: expected NAME=VALUE, found ${JSON.stringify(text)}`,
  );
}

/** The thing itself, or its digest where it is not at hand. */
export async function artifactNamed(session: Session, name: string): Promise<Artifact> {
  return isDigest(name) ? name : readNamedBytes(path.resolve(session.cwd, name));
}

/** A file of evidence; one of JSON lines has one line. */
export function evidenceIn(session: Session, file: string): Promise<string> {
  return readNamed(path.resolve(session.cwd, file));
}

/** What was proven, of each of the names. */
export function reportProvenance(
  session: Session,
  proven: readonly { readonly name: string; readonly found: VerifiedProvenance }[],
  printStatement: boolean,
): void {
  const { output } = session;
  const [first] = proven;
  if (printStatement && first) {
    const { subject, predicateType, predicate, type } = first.found.statement.value;
    const statement = { _type: type, subject, predicateType, predicate };
    output.data(statement, () => JSON.stringify(statement, null, 2));
    return;
  }
  const facts = proven.map(({ name, found: { builder, build, statement } }) => ({
    name,
    verified: true,
    builder,
    source: { uri: build.repository, ref: build.ref, commit: build.commit },
    signer: build.signer,
    signedAt: statement.signedAt?.toISOString() ?? null,
    log: statement.logged,
  }));
  output.data(facts, () =>
    facts
      .map((fact) =>
        listing([
          [fact.name, output.paint('green', 'verified')],
          ['builder', fact.builder.id],
          ['build level', `at most ${fact.builder.level}: ${fact.builder.reason}`],
          ['source', `${fact.source.uri} ${fact.source.ref}`],
          ['commit', fact.source.commit],
          ['signer', fact.signer],
          ['signed', fact.signedAt],
        ]),
      )
      .join('\n'),
  );
}
