import {
  CancelRun,
  KeepRunState,
  KeptRunState,
  PushAttestations,
  PushedAttestations,
  Receipt,
  RunDetail,
  RunList,
  RunQuery,
  RunStateRevision,
  RunSummary,
  StartedRun,
  StartRun,
} from '@waybill/api';
import { BUNDLE_MEDIA_TYPE } from '@waybill/core/bundle';
import type { Digest } from '@waybill/core/digest';
import { Type } from 'typebox';
import { type App, documentAnswer } from '../ground/index.ts';
import { type IdentityDeps, signInFirst, type Who } from '../identity/index.ts';
import { accept } from './accept.ts';
import { acceptMany } from './accept-many.ts';
import { cancelRun } from './cancel-run.ts';
import type { AttestationDeps } from './deps.ts';
import { attestationError } from './errors.ts';
import { keepState, MAX_STATE_BYTES, readKeptState } from './keep-state.ts';
import { MAX_BUNDLE_BYTES } from './parse-evidence.ts';
import type { StoredAttestation } from './queries.ts';
import { describeRun, listRuns, loadAttestation } from './read-run.ts';
import { type AuditStranger, strangersOf } from './refuse.ts';
import { startRun } from './start-run.ts';

export interface AttestationRoutesDeps {
  readonly attestation: AttestationDeps;
  readonly identity: IdentityDeps;
}

const RunParams = Type.Object({ id: Type.String({ maxLength: 64 }) });
const BUNDLE_MEDIA_TYPES = [
  'application/json',
  BUNDLE_MEDIA_TYPE,
  'application/vnd.dev.sigstore.bundle+json',
];

export function attestationRoutes({ attestation: deps, identity }: AttestationRoutesDeps) {
  return async (app: App): Promise<void> => {
    const auditStranger = strangersOf(deps);
    const pushing = { deps, identity, auditStranger };
    await app.register(async (scope: App) => runRoutes(scope, deps, signInFirst(scope, identity)));
    await app.register(async (scope: App) => manyIntake(scope, pushing));
    await app.register(async (scope: App) => bundleIntake(scope, pushing));
  };
}

function runRoutes(app: App, deps: AttestationDeps, who: Who): void {
  app.post(
    '/waybill/v1/runs',
    { schema: { tags: ['runs'], summary: 'Start a run', body: StartRun, response: { 201: StartedRun } } },
    async (request, reply) => {
      const started = await startRun(deps, who(request), { ...request.body, requestId: request.id });
      return reply.code(201).send(started);
    },
  );
  app.get(
    '/waybill/v1/runs',
    { schema: { tags: ['runs'], summary: 'List runs', querystring: RunQuery, response: { 200: RunList } } },
    async (request) => listRuns(deps, who(request), request.query),
  );
  app.get(
    '/waybill/v1/runs/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'Describe a run',
        params: RunParams,
        response: { 200: RunDetail },
      },
    },
    async (request) => describeRun(deps, who(request), request.params.id),
  );
  app.post(
    '/waybill/v1/runs/:id/cancel',
    {
      schema: {
        tags: ['runs'],
        summary: 'Give a run up',
        params: RunParams,
        body: CancelRun,
        response: { 200: RunSummary },
      },
    },
    async (request) =>
      cancelRun(deps, who(request), {
        runId: request.params.id,
        reason: request.body.reason ?? '',
        requestId: request.id,
      }),
  );
  stateRoutes(app, deps, who);
  documentRoutes(app, deps, who);
}

/** What clients keep here of an attestation that several machines collect; sealed by them. */
function stateRoutes(app: App, deps: AttestationDeps, who: Who): void {
  app.get(
    '/waybill/v1/runs/:id/state',
    {
      schema: {
        tags: ['runs'],
        summary: 'Read the state that a client keeps of an open run',
        params: RunParams,
        response: { 200: KeptRunState },
      },
    },
    async (request) => readKeptState(deps, who(request), request.params.id),
  );
  app.put(
    '/waybill/v1/runs/:id/state',
    {
      // As base64, and some room for the JSON around it.
      bodyLimit: 2 * MAX_STATE_BYTES,
      schema: {
        tags: ['runs'],
        summary: 'Keep the next revision of the state of an open run',
        params: RunParams,
        body: KeepRunState,
        response: { 200: RunStateRevision },
      },
    },
    async (request) => keepState(deps, who(request), { ...request.body, runId: request.params.id }),
  );
}

interface Pushing {
  readonly deps: AttestationDeps;
  readonly identity: IdentityDeps;
  readonly auditStranger: AuditStranger;
}

function manyIntake(app: App, { deps, identity, auditStranger }: Pushing): void {
  const who = signInFirst(app, identity, (request, signIn) =>
    auditStranger({ runId: null, requestId: request.id }, signIn),
  );
  app.post(
    '/waybill/v1/attestations',
    {
      // Together no more than one may have alone.
      bodyLimit: MAX_BUNDLE_BYTES,
      schema: {
        tags: ['runs'],
        summary: 'Push the attestations of several runs, each of which is answered by itself',
        body: PushAttestations,
        response: { 200: PushedAttestations },
      },
    },
    async (request) => {
      const attestations = request.body.attestations.map(({ runId, bundle }) => ({
        runId,
        bundle: Buffer.from(bundle),
      }));
      const accepted = await acceptMany(deps, {
        principal: who(request),
        requestId: request.id,
        attestations,
      });
      const results = accepted.map((one) =>
        'receipt' in one ? one : { runId: one.runId, problem: request.problemOf(one.error) },
      );
      return { results };
    },
  );
}

/** The signed documents, byte for byte as they are stored. */
function documentRoutes(app: App, deps: AttestationDeps, who: Who): void {
  const documents = [
    ['bundle', 'The attestation as a Sigstore bundle', ({ bundleDigest }: StoredAttestation) => bundleDigest],
    [
      'verdict',
      'The verdict, a SLSA VSA in a Sigstore bundle',
      (stored: StoredAttestation) => stored.vsaBundleDigest,
    ],
    ['provenance', "The server's SLSA provenance in a Sigstore bundle", provenanceDigest],
  ] as const;
  for (const [name, summary, digestIn] of documents) {
    app.get(
      `/waybill/v1/runs/:id/${name}`,
      {
        schema: {
          tags: ['runs'],
          summary,
          params: RunParams,
          response: { 200: documentAnswer(BUNDLE_MEDIA_TYPE, summary) },
        },
      },
      async (request, reply) => {
        const { stored } = await loadAttestation(deps, who(request), request.params.id);
        const bytes = await deps.registry.store.read(digestIn(stored));
        return reply.type(BUNDLE_MEDIA_TYPE).send(Buffer.from(bytes));
      },
    );
  }
}

/** Throws `attestation_no_provenance`. */
function provenanceDigest({ receipt }: StoredAttestation): Digest {
  if (receipt.provenance !== undefined) return receipt.provenance.bundleDigest as Digest;
  throw attestationError(
    'attestation_no_provenance',
    `the run ${receipt.runId} has no provenance: it is made for runs that PASSED, since this version`,
  );
}

/** Its own scope: the bundle's bytes reach `accept()` untouched by any JSON reader but our strict one. */
function bundleIntake(app: App, { deps, identity, auditStranger }: Pushing): void {
  const who = signInFirst(app, identity, (request, signIn) =>
    auditStranger({ runId: (request.params as { id: string }).id, requestId: request.id }, signIn),
  );
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    BUNDLE_MEDIA_TYPES,
    { parseAs: 'buffer', bodyLimit: MAX_BUNDLE_BYTES },
    (_request, body, done) => done(null, body),
  );
  app.post(
    '/waybill/v1/runs/:id/attestation',
    {
      bodyLimit: MAX_BUNDLE_BYTES,
      schema: {
        tags: ['runs'],
        summary: 'Push the attestation of a run',
        params: RunParams,
        response: { 200: Receipt },
      },
    },
    async (request) =>
      accept(deps, {
        principal: who(request),
        runId: request.params.id,
        bundle: (request.body as Buffer | undefined) ?? Buffer.alloc(0),
        requestId: request.id,
      }),
  );
}
