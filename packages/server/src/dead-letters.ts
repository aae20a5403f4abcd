import { DeadLetter, DeadLetterList } from '@waybill/api';
import { CodedError } from '@waybill/core';
import { Type } from 'typebox';
import {
  type App,
  type Db,
  type DeadLetter as DeadLetterRow,
  listDeadLetters,
  retryDeadLetter,
  writeAudit,
} from './ground/index.ts';
import { actorOf, authorize, type IdentityDeps, type Principal, signInFirst } from './identity/index.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_LISTED = 200;

/** Events that a follower gave up: for owners, as they tell how the server works inside. */
export function deadLetterRoutes(deps: { readonly db: Db; readonly identity: IdentityDeps }) {
  const tags = ['server'];
  return async (app: App): Promise<void> => {
    const who = signInFirst(app, deps.identity);
    app.get(
      '/waybill/v1/dead-letters',
      {
        schema: {
          tags,
          summary: 'List events that a follower of the server gave up',
          response: { 200: DeadLetterList },
        },
      },
      async (request) => {
        const rows = await list(deps.db, who(request));
        return { deadLetters: rows.map(present) };
      },
    );
    app.post(
      '/waybill/v1/dead-letters/:id/retry',
      {
        schema: {
          tags,
          summary: 'Ask for another attempt at a dead letter',
          params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
          response: { 202: DeadLetter },
        },
      },
      async (request, reply) => {
        const letter = await retry(deps.db, who(request), { id: request.params.id, requestId: request.id });
        return reply.code(202).send(present(letter));
      },
    );
  };
}

async function list(db: Db, principal: Principal): Promise<readonly DeadLetterRow[]> {
  authorize(principal, 'retry-dead-letter');
  return db.withOrg(principal.orgId, (tx) => listDeadLetters(tx, MAX_LISTED));
}

/** The follower makes the attempt, wherever it runs. Throws `dead_letter_not_found`. */
async function retry(
  db: Db,
  principal: Principal,
  { id, requestId }: { readonly id: string; readonly requestId: string },
): Promise<DeadLetterRow> {
  authorize(principal, 'retry-dead-letter');
  const { orgId } = principal;
  return db.withOrg(orgId, async (tx) => {
    const letter = UUID.test(id) ? await retryDeadLetter(tx, id) : null;
    if (letter === null) {
      throw new CodedError(
        'dead_letter_not_found',
        `no dead letter ${JSON.stringify(id)}: it may have been delivered since; \`waybill dead-letter list\` shows those there are`,
      );
    }
    const { follower, eventId, type, attempts } = letter;
    await writeAudit(tx, {
      orgId,
      actor: actorOf(principal),
      action: 'ground.retry-dead-letter',
      target: `dead-letter:${letter.id}`,
      outcome: 'ok',
      detail: { follower, eventId, type, attempts },
      requestId,
    });
    return letter;
  });
}

function present(row: DeadLetterRow): DeadLetter {
  return {
    ...row,
    firstFailedAt: row.firstFailedAt.toISOString(),
    lastFailedAt: row.lastFailedAt.toISOString(),
  };
}
