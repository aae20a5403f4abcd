import {
  AuditAnchorDocument,
  AuditChain,
  AuditChainQuery,
  AuditList,
  AuditQuery,
  AuditVerification,
} from '@waybill/api';
import type { App } from '../ground/index.ts';
import { type IdentityDeps, signInFirst } from '../identity/index.ts';
import type { AuditDeps } from './deps.ts';
import { listTrail, readChain, readNewestAnchor } from './read-trail.ts';
import { verifyTrail } from './verify-trail.ts';

export interface AuditRoutesDeps {
  readonly audit: AuditDeps;
  readonly identity: IdentityDeps;
}

const tags = ['audit'];

export function auditRoutes({ audit: deps, identity }: AuditRoutesDeps) {
  return async (app: App): Promise<void> => {
    const who = signInFirst(app, identity);
    app.get(
      '/waybill/v1/audit',
      {
        schema: {
          tags,
          summary: 'List the rows of the audit trail, newest first',
          querystring: AuditQuery,
          response: { 200: AuditList },
        },
      },
      async (request) => listTrail(deps, who(request), request.query),
    );
    app.get(
      '/waybill/v1/audit/chain',
      {
        schema: {
          tags,
          summary: 'Read the audit trail as a chain of hashes, from its beginning',
          querystring: AuditChainQuery,
          response: { 200: AuditChain },
        },
      },
      async (request) => readChain(deps, who(request), request.query),
    );
    app.get(
      '/waybill/v1/audit/anchor',
      {
        schema: {
          tags,
          summary: 'Read the newest anchor of the audit trail in the log',
          response: { 200: AuditAnchorDocument },
        },
      },
      async (request) => readNewestAnchor(deps, who(request)),
    );
    app.get(
      '/waybill/v1/audit/verify',
      {
        schema: {
          tags,
          summary: 'Compute the audit trail again and hold it against its anchor',
          response: { 200: AuditVerification },
        },
      },
      async (request) => verifyTrail(deps, who(request)),
    );
  };
}
