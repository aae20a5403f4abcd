/** providers.aws.sign_req: AWS Signature Version 4. */
import { toJson } from '../values/json.ts';
import { isNumber } from '../values/order.ts';
import { termText } from '../values/text.ts';
import { MAX_TEXT_LENGTH } from '../values/text-writer.ts';
import { RegoObject, RegoSet, type Value } from '../values/value.ts';
import { type BuiltinContext, type BuiltinGroup, functions, operandError, stepText } from './builtin.ts';
import type { Cryptography } from './crypto/cryptography.ts';
import { hexOf, refusing } from './encoding.ts';
import { civilTime } from './go/civil.ts';
import { bytesOf } from './go/text.ts';
import { formatTime } from './go/time-format.ts';
import { parseLayout } from './go/time-layout.ts';
import { escapedPath, parseUrl, UrlError } from './go/url.ts';
import { checkRequest } from './http-request.ts';
import { machineInteger, numberOperand, objectOperand, typeError } from './operands.ts';

const REQUIRED = ['aws_access_key', 'aws_region', 'aws_secret_access_key', 'aws_service'];
/** A proxy may change these: they are not signed. */
const UNSIGNED_HEADERS: ReadonlySet<string> = new Set(['authorization', 'user-agent', 'x-amzn-trace-id']);

export function awsBuiltins(cryptography: Cryptography): BuiltinGroup {
  return functions({
    'providers.aws.sign_req': (context, request, config, time) =>
      signRequest(context, cryptography, {
        request: objectOperand(request, 1),
        config: objectOperand(config, 1),
        time,
      }),
  });
}

interface Call {
  readonly request: RegoObject;
  readonly config: RegoObject;
  readonly time: Value;
}

function signRequest(context: BuiltinContext, cryptography: Cryptography, call: Call): RegoObject {
  checkConfig(call.config);
  const ns = machineInteger(numberOperand(call.time, 1));
  if (ns === undefined || !isNumber(call.time)) {
    throw operandError(3, 'could not convert time_ns value into a unix timestamp');
  }
  checkRequest(call.request, 1);
  const headers = call.request.get('headers') ?? RegoObject.empty;
  if (!(headers instanceof RegoObject)) throw typeError(0, headers, 'object');
  const signed = sign(cryptography, partsOf(context, call, headers, BigInt(ns)));
  return RegoObject.of([...call.request.entries(), ['headers', signed]]);
}

function textIn(object: RegoObject, key: string): string {
  const value = object.get(key);
  return typeof value === 'string' ? value : '';
}

function checkConfig(config: RegoObject): void {
  const missing = REQUIRED.filter((name) => !config.has(name));
  if (missing.length > 0) {
    throw operandError(2, `missing required AWS config parameters(s): ${termText(RegoSet.of(missing))}`);
  }
  const invalid = REQUIRED.filter((name) => typeof config.get(name) !== 'string');
  if (invalid.length > 0) {
    throw operandError(
      2,
      `invalid values for required AWS config parameters(s): ${termText(RegoSet.of(invalid))}`,
    );
  }
}

interface SigningParts {
  readonly config: RegoObject;
  readonly headers: RegoObject;
  readonly method: string;
  readonly url: string;
  readonly body: Uint8Array;
  readonly isPayloadSigned: boolean;
  readonly ns: bigint;
}

function partsOf(context: BuiltinContext, call: Call, headers: RegoObject, ns: bigint): SigningParts {
  const { request, config } = call;
  const invalid = ['url', 'method'].filter((name) => typeof request.get(name) !== 'string');
  if (invalid.length > 0) {
    throw operandError(
      1,
      `invalid values for required request parameters(s): ${termText(RegoSet.of(invalid))}`,
    );
  }
  const body = bodyText(request);
  stepText(context, body.length);
  const isUnsigned = config.get('disable_payload_signing') ?? false;
  if (typeof isUnsigned !== 'boolean') {
    throw operandError(2, "invalid value for 'disable_payload_signing' in AWS config");
  }
  return {
    config,
    headers,
    method: textIn(request, 'method'),
    url: textIn(request, 'url'),
    body: bytesOf(body),
    isPayloadSigned: !isUnsigned,
    ns,
  };
}

function bodyText(request: RegoObject): string {
  if (request.has('raw_body')) return textIn(request, 'raw_body');
  const body = request.get('body');
  return body === undefined ? '' : toJson(body, { escapeHtml: true, maxLength: MAX_TEXT_LENGTH });
}

/** The headers with the signature and what it covers. */
function sign(cryptography: Cryptography, parts: SigningParts): RegoObject {
  const { config, headers } = parts;
  const region = textIn(config, 'aws_region');
  const service = textIn(config, 'aws_service');
  const [date, time] = ['20060102', '20060102T150405Z'].map((layout) => timeText(layout, parts.ns));
  const payloadHash = parts.isPayloadSigned
    ? hexOf(cryptography.digest('sha256', parts.body))
    : 'UNSIGNED-PAYLOAD';
  const own = awsHeaders(parts, payloadHash, time ?? '');
  const canonical = canonicalRequest(parts, own, payloadHash);
  const scope = `${date}/${region}/${service}/aws4_request`;
  const request = hexOf(cryptography.digest('sha256', bytesOf(canonical.text)));
  const mac = (key: Uint8Array, text: string): Uint8Array => cryptography.hmac('sha256', key, bytesOf(text));
  const secret = bytesOf(`AWS4${textIn(config, 'aws_secret_access_key')}`);
  const key = [date ?? '', region, service, 'aws4_request'].reduce(mac, secret);
  const signature = hexOf(mac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${request}`));
  const credential = `AWS4-HMAC-SHA256 Credential=${textIn(config, 'aws_access_key')}/${scope}`;
  const authorization = `${credential},SignedHeaders=${canonical.headerList},Signature=${signature}`;
  const given = headers.entries().map(([name]) => [nameText(name), headerText(headers, name)] as const);
  return RegoObject.of([...given, ['Authorization', authorization], ...own]);
}

function nameText(name: Value): string {
  return typeof name === 'string' ? name : '';
}

function headerText(headers: RegoObject, name: Value): string {
  const value = headers.get(name);
  return typeof value === 'string' ? value : '';
}

function timeText(layout: string, ns: bigint): string {
  return formatTime(parseLayout(layout), { civil: civilTime(ns, 0), offsetSeconds: 0, zoneName: 'UTC' });
}

function awsHeaders({ config, url }: SigningParts, payloadHash: string, time: string): Map<string, string> {
  const service = textIn(config, 'aws_service');
  const session = textIn(config, 'aws_session_token');
  const { host } = refusing(UrlError, () => parseUrl(url));
  const own = new Map([
    ['host', host],
    ['x-amz-date', time],
  ]);
  if (service === 's3' || service === 'glacier') own.set('x-amz-content-sha256', payloadHash);
  if (session !== '') own.set('x-amz-security-token', session);
  return own;
}

interface CanonicalRequest {
  readonly text: string;
  readonly headerList: string;
}

function canonicalRequest(
  { headers, method, url }: SigningParts,
  own: ReadonlyMap<string, string>,
  payloadHash: string,
): CanonicalRequest {
  const parts = refusing(UrlError, () => parseUrl(url));
  const signed = new Map(own);
  for (const name of headers.keys) {
    const lower = nameText(name).toLowerCase();
    if (!UNSIGNED_HEADERS.has(lower)) signed.set(lower, headerText(headers, name));
  }
  const names = [...signed.keys()].sort();
  const headerList = names.join(';');
  const lines = names.map((name) => `${name}:${signed.get(name) ?? ''}\n`).join('');
  const text = `${method}\n${escapedPath(parts)}\n${parts.rawQuery}\n${lines}\n${headerList}\n${payloadHash}`;
  return { text, headerList };
}
