/** Formats of strings that a schema may name; those it does not know match anything. */
import { parseIp } from '../go/ip.ts';
import { byteLength } from '../go/text.ts';
import { parseTime, TimeParseError } from '../go/time-parse.ts';
import { parseUrl, UrlError, type UrlParts } from '../go/url.ts';
import { isMailAddress } from './mail-address.ts';

/** Says whether a text has the format. */
export type FormatCheck = (text: string) => boolean;

const DATE = '2006-01-02';
const TIMES: readonly string[] = ['15:04:05', '15:04:05Z07:00'];
const DATE_TIMES: readonly string[] = [...TIMES, DATE, '2006-01-02T15:04:05Z07:00'];

function isTime(layouts: readonly string[], text: string): boolean {
  return layouts.some((layout) => {
    try {
      parseTime(layout, text);
      return true;
    } catch (error) {
      if (error instanceof TimeParseError) return false;
      throw error;
    }
  });
}

function urlOf(text: string): UrlParts | undefined {
  if (text.includes('\\')) return undefined;
  try {
    return parseUrl(text);
  } catch (error) {
    if (error instanceof UrlError) return undefined;
    throw error;
  }
}

const isUri: FormatCheck = (text) => (urlOf(text)?.scheme ?? '') !== '';
const isUriReference: FormatCheck = (text) => urlOf(text) !== undefined;

/** Curly brackets in pairs, none within another. */
function isUriTemplate(text: string): boolean {
  const url = urlOf(text);
  return url !== undefined && /^[^{]*(?:\{[^}]*\}[^{]*)*$/.test(url.path);
}

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const HOSTNAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);
const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;
const JSON_POINTER = /^(?:\/(?:[^~/]|~0|~1)*)*$/;
const RELATIVE_JSON_POINTER = /^(?:0|[1-9]\d*)(?:#|(?:\/(?:[^~/]|~0|~1)*)*)$/;

export const FORMATS: ReadonlyMap<string, FormatCheck> = new Map<string, FormatCheck>([
  ['date', (text) => isTime([DATE], text)],
  ['time', (text) => isTime(TIMES, text)],
  ['date-time', (text) => isTime(DATE_TIMES, text)],
  ['hostname', (text) => byteLength(text) < 256 && HOSTNAME.test(text)],
  ['email', isMailAddress],
  ['idn-email', isMailAddress],
  ['ipv4', (text) => text.includes('.') && parseIp(text) !== undefined],
  ['ipv6', (text) => text.includes(':') && parseIp(text) !== undefined],
  ['uri', isUri],
  ['uri-reference', isUriReference],
  ['iri', isUri],
  ['iri-reference', isUriReference],
  ['uri-template', isUriTemplate],
  ['uuid', (text) => UUID.test(text)],
  ['json-pointer', (text) => JSON_POINTER.test(text)],
  ['relative-json-pointer', (text) => RELATIVE_JSON_POINTER.test(text)],
]);
