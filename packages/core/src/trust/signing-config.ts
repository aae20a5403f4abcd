import { Fields, parseJson } from '../bytes/index.ts';
import { CodedError, isCoded } from '../errors.ts';
import { readPeriod } from './period.ts';
import { isWithin, type ValidityPeriod } from './trusted-root.ts';

export const SIGNING_CONFIG_MEDIA_TYPE = 'application/vnd.dev.sigstore.signingconfig.v0.2+json';

/** Where a signer finds its services (sigstore_trustroot.proto SigningConfig, version 0.2). Says nothing of trust. */
export interface SigningConfig {
  readonly certificateAuthorities: readonly SigningService[];
  readonly logs: ServiceGroup;
  readonly timestampAuthorities: ServiceGroup;
}

export interface SigningService {
  readonly url: string;
  readonly majorApiVersion: number;
  readonly validFor: ValidityPeriod;
  readonly operator: string;
}

/** Services of one kind, and how many of them a signature needs: all that fit, or `count`. */
export interface ServiceGroup {
  readonly services: readonly SigningService[];
  readonly count: number | 'all';
}

const MAX_CONFIG_BYTES = 1024 * 1024;
const MAX_SERVICES = 64;

/** A signing config in protojson. Throws `signing_config_invalid`. */
export function parseSigningConfig(input: Uint8Array | string): SigningConfig {
  try {
    const json = parseJson(input, 'signing config', { maxBytes: MAX_CONFIG_BYTES });
    return readSigningConfig(new Fields(json, 'signingConfig'));
  } catch (cause) {
    if (!isCoded(cause) || cause.code === 'signing_config_invalid') throw cause;
    throw invalid(cause.message, cause);
  }
}

function readSigningConfig(fields: Fields): SigningConfig {
  const mediaType = fields.string('mediaType');
  if (mediaType !== SIGNING_CONFIG_MEDIA_TYPE) {
    const found = JSON.stringify(mediaType.slice(0, 200));
    throw invalid(`mediaType: expected ${SIGNING_CONFIG_MEDIA_TYPE}, found ${found}`);
  }
  return Object.freeze({
    certificateAuthorities: readServices(fields, 'caUrls'),
    logs: readGroup(fields, 'rekorTlogUrls', 'rekorTlogConfig'),
    timestampAuthorities: readGroup(fields, 'tsaUrls', 'tsaConfig'),
  });
}

function readServices(fields: Fields, key: string): readonly SigningService[] {
  const items = fields.has(key) ? fields.objects(key) : [];
  if (items.length > MAX_SERVICES) throw invalid(`${fields.at}.${key}: more than ${MAX_SERVICES} services`);
  return items.map((item) =>
    Object.freeze({
      url: readUrl(item),
      majorApiVersion: item.integer('majorApiVersion'),
      validFor: readPeriod(item),
      operator: item.optionalString('operator') ?? '',
    }),
  );
}

/** An address to which identity tokens are sent: nothing but HTTP, no credentials, nothing after the path. */
function readUrl(fields: Fields): string {
  const text = fields.string('url');
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href;
  throw invalid(`${fields.at}.url: expected an http or https URL without credentials, query and fragment`);
}

function readGroup(fields: Fields, urls: string, config: string): ServiceGroup {
  const services = readServices(fields, urls);
  const rule = fields.optionalObject(config);
  const selector = rule?.optionalString('selector') ?? 'SERVICE_SELECTOR_UNDEFINED';
  if (services.length === 0) return Object.freeze({ services, count: 0 });
  if (selector === 'ANY') return Object.freeze({ services, count: 1 });
  if (selector === 'ALL') return Object.freeze({ services, count: 'all' });
  const count = selector === 'EXACT' ? (rule?.integer('count') ?? 0) : 0;
  if (count >= 1 && count <= services.length) return Object.freeze({ services, count });
  throw invalid(
    `${fields.at}.${config}: expected the selector ANY, ALL, or EXACT with a count of services that are listed`,
  );
}

/**
 * The services for a signature made `at`: of those in force that speak `version`, the newest of each operator.
 * Throws `signing_config_no_service` when there are fewer than the config asks for.
 */
export function chooseServices(
  group: ServiceGroup,
  wanted: { readonly what: string; readonly version: number; readonly at: Date },
): readonly SigningService[] {
  const { what, version, at } = wanted;
  const fitting = group.services
    .filter((service) => service.majorApiVersion === version && isWithin(service.validFor, at))
    .toSorted((a, b) => startOf(b) - startOf(a));
  const operators = [...Map.groupBy(fitting, ({ operator }) => operator).values()];
  const newest = operators.flatMap((services) => services.slice(0, 1));
  const count = group.count === 'all' ? Math.max(newest.length, 1) : group.count;
  if (newest.length >= count) return newest.slice(0, count);
  throw new CodedError(
    'signing_config_no_service',
    `the signing config has ${newest.length} ${what} with API version ${version} in force at ${at.toISOString()}, ` +
      `but a signature needs ${count}`,
  );
}

function startOf({ validFor }: SigningService): number {
  return validFor.start?.getTime() ?? Number.NEGATIVE_INFINITY;
}

function invalid(problem: string, cause?: unknown): CodedError<'signing_config_invalid'> {
  return new CodedError('signing_config_invalid', `not a valid signing config: ${problem}`, { cause });
}
