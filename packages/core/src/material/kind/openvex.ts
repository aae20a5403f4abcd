import { type Fields, quoted } from '../../bytes/index.ts';
import { type MaterialReader, mismatch, readObject } from '../reader.ts';

const CONTEXT = 'https://openvex.dev/ns';
const STATUSES: readonly string[] = ['not_affected', 'affected', 'fixed', 'under_investigation'];

/** OpenVEX 0.0.x and 0.2.0 (github.com/openvex/spec). */
export const openvexReader: MaterialReader = {
  kind: 'OPENVEX',
  next: 'Write it with vexctl, or see https://github.com/openvex/spec',
  detect: ({ object }) => {
    const context = object?.raw('@context');
    return typeof context === 'string' && context.startsWith(CONTEXT);
  },
  validate: (input) => {
    const document = readObject(input);
    const context = document.string('@context');
    if (context !== CONTEXT && !context.startsWith(`${CONTEXT}/`)) {
      throw mismatch(`expected @context ${CONTEXT}, found ${quoted(context)}`);
    }
    const id = document.string('@id');
    if (id.trim() === '') throw mismatch('expected a non-empty @id');
    const statements = document.objects('statements');
    for (const statement of statements) checkStatement(statement);
    return { counts: { statements: statements.length }, annotations: { 'openvex.id': id } };
  },
};

function checkStatement(statement: Fields): void {
  const status = statement.string('status');
  if (!STATUSES.includes(status)) {
    throw mismatch(`${statement.at}.status: expected one of ${STATUSES.join(', ')}, found ${quoted(status)}`);
  }
  const vulnerability = statement.raw('vulnerability');
  if (typeof vulnerability === 'string' && vulnerability !== '') return;
  const named = statement.object('vulnerability');
  if (!named.has('name') && !named.has('@id')) throw mismatch(`${named.at}: expected a name`);
}
