import { explainLookAlike } from '../bytes/index.ts';
import type { ContractSigner } from './contract.ts';
import type { DocNode } from './doc-node.ts';

const EXAMPLE = '[{issuer: https://token.actions.githubusercontent.com, subject: …}]';

/**
 * Who may sign. Whatever is wrong here is an error: a list that is present but empty or null would read as
 * "nobody is named", which is the opposite of what its writer meant.
 */
export function readSigners(node: DocNode | undefined): readonly ContractSigner[] {
  if (node === undefined) return [];
  if (node.isNull) {
    node.error(`expected a list like ${EXAMPLE}, found nothing: leave the key out to name nobody`);
    return [];
  }
  const items = node.asList();
  if (items.length === 0) node.error('expected at least one signer: leave the key out to name nobody');
  return items.flatMap((item) => readSigner(item) ?? []);
}

function readSigner(item: DocNode): ContractSigner | undefined {
  const object = item.asObject(['issuer', 'subject'], { closed: true });
  if (object === undefined) return undefined;
  const issuer = identityText(object.get('issuer'), object.requiredText('issuer'));
  const subject = identityText(object.get('subject'), object.requiredText('subject'));
  if (issuer === undefined || subject === undefined) return undefined;
  if (/^\*+$/.test(issuer) && /^\*+$/.test(subject)) {
    item.warn('any issuer and any subject: whoever has a certificate that the server trusts may sign');
  }
  return { issuer, subject };
}

function identityText(node: DocNode | undefined, text: string | undefined): string | undefined {
  if (node === undefined || text === undefined) return undefined;
  if (text.trim() !== text) return node.error('expected no space at the start or end');
  if (/\p{Cc}/u.test(text)) return node.error('expected no control characters');
  const why = explainLookAlike(text);
  if (why !== undefined) node.warn(`${why}: identities are compared letter by letter`);
  return text;
}
