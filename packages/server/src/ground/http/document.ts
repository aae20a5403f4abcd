import { Problem } from '@waybill/api';
import type { FastifySchema } from 'fastify';
import { Type } from 'typebox';

/**
 * A success answer for `schema.response`: a document whose bytes are sent as they are. It stands in the
 * description of the API and never reshapes what is sent, which the handler MUST give as text or Buffer.
 */
export function documentAnswer(mediaType: string, description: string) {
  const json = /[/+]json$/.test(mediaType);
  const schema = Type.Unsafe<string | Buffer>(
    json ? { type: 'object' } : { type: 'string', contentMediaType: mediaType },
  );
  return { description, content: { [mediaType]: { schema } } };
}

const { $id: _, ...problemSchema } = Problem as typeof Problem & { readonly $id?: string };
const REFUSAL = {
  description: 'Refused: a problem (RFC 9457) whose `code` docs/reference/errors.md explains',
  content: { 'application/problem+json': { schema: problemSchema } },
};

/** What every route may answer but success. Whose errors have another form says so in its own `4xx` and `5xx`. */
export function withRefusals({ schema, url }: { readonly schema: FastifySchema; readonly url: string }) {
  const response = { '4xx': REFUSAL, '5xx': REFUSAL, ...(schema?.response as object | undefined) };
  return { url, schema: { ...schema, response } };
}
