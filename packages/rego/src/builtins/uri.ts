/** uri.parse and uri.is_valid */
import { type Entry, RegoObject } from '../values/value.ts';
import { type BuiltinGroup, functions, stepText } from './builtin.ts';
import { refusing } from './encoding.ts';
import { parseUrl, UrlError, type UrlParts, uriProblem } from './go/url.ts';
import { stringOperand } from './operands.ts';

/** Parts that are not there have no key. */
function described(parts: UrlParts): RegoObject {
  const all: readonly (readonly [string, string])[] = [
    ['scheme', parts.scheme],
    ['hostname', parts.hostname],
    ['port', parts.port],
    ['path', parts.path],
    ['raw_path', parts.rawPath === '' ? parts.path : parts.rawPath],
    ['raw_query', parts.rawQuery],
    ['fragment', parts.fragment],
  ];
  return RegoObject.of(all.filter(([, part]) => part !== '').map((entry): Entry => entry));
}

export const URI: BuiltinGroup = functions({
  'uri.parse': (context, uri) => {
    const text = stringOperand(uri, 1);
    stepText(context, text.length);
    return described(refusing(UrlError, () => parseUrl(text)));
  },
  'uri.is_valid': (_context, uri) => typeof uri === 'string' && uri !== '' && uriProblem(uri) === undefined,
});
