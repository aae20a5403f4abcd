import { AskDecision, Decision } from '@waybill/api';
import { Type } from 'typebox';
import type { App } from '../ground/index.ts';
import { type IdentityDeps, signInFirst } from '../identity/index.ts';
import { decide } from './decide.ts';
import type { GateDeps } from './deps.ts';
import { describeDecision } from './describe-decision.ts';

export interface GateRoutesDeps {
  readonly gate: GateDeps;
  readonly identity: IdentityDeps;
}

export function gateRoutes({ gate: deps, identity }: GateRoutesDeps) {
  return async (app: App): Promise<void> => {
    const who = signInFirst(app, identity);
    app.post(
      '/waybill/v1/gate/decisions',
      {
        schema: {
          tags: ['gate'],
          summary: 'Ask whether an artifact may pass',
          body: AskDecision,
          response: { 200: Decision },
        },
      },
      async (request) => decide(deps, who(request), request.body),
    );
    app.get(
      '/waybill/v1/gate/decisions/:id',
      {
        schema: {
          tags: ['gate'],
          summary: 'Describe a decision',
          params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
          response: { 200: Decision },
        },
      },
      async (request) => describeDecision(deps, who(request), request.params.id),
    );
  };
}
