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
