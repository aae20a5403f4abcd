/** Fulcio's configuration of issuers (sigstore/fulcio pkg/config/config.go): which tokens count, and what they name. */
import { parseDocument } from 'yaml';
import { Fields, fromUtf8, isStorable, type Json, parseJson } from '../bytes/index.ts';
import { CodedError, isCoded, messageOf } from '../errors.ts';
import { type FulcioExtensionName, pemBlocks } from '../x509/index.ts';
import { hasMoreYamlTokens } from '../yaml/index.ts';
import { checkIssuerRule } from './check-rule.ts';
import { EXTENSION_KEYS } from './extension-keys.ts';
import { parseTemplate, type Template } from './template.ts';

/** How the tokens of one issuer, or of all that a pattern matches, become names. */
export interface IssuerRule {
  readonly issuerUrl: string;
  readonly clientId: string;
  /** One of `ISSUER_TYPES`; a rule of another type names nobody. */
  readonly type: string;
  readonly ciProvider: string;
  /** JSONPath of the claim that holds the issuer of the certificate; e-mail issuers only. */
  readonly issuerClaim: string;
  readonly subjectDomain: string;
  readonly spiffeTrustDomain: string;
  readonly challengeClaim: string;
  readonly skipEmailVerification: boolean;
  /** PEM, for the connection to the issuer. */
  readonly caCert: string;
}

/** A claim by its name, or a template. */
export type ValueSource = { readonly claim: string } | { readonly template: Template };

export interface CiProvider {
  readonly defaults: ReadonlyMap<string, string>;
  readonly extensions: readonly (readonly [FulcioExtensionName, ValueSource])[];
  /** Null where the configuration leaves it blank: nobody can be named then. */
  readonly subject: ValueSource | null;
}

export interface FulcioConfig {
  readonly issuers: ReadonlyMap<string, IssuerRule>;
  /** By pattern: `*` stands for one part of a host or path. */
  readonly metaIssuers: ReadonlyMap<string, IssuerRule>;
  readonly providers: ReadonlyMap<string, CiProvider>;
}

const MAX_CHARACTERS = 500_000;
/** A line `key: value` has eight. */
const MAX_TOKENS = 40_000;

/** Fulcio's `config.yaml`, or its JSON form with Go's field names. Throws `fulcio_config_invalid`. */
export function parseFulcioConfig(input: Uint8Array | string): FulcioConfig {
  return readFulcioConfig(parseFulcioDocument(input));
}

/** The document in the names of the YAML form, before its values are checked. Throws `fulcio_config_invalid`. */
export function parseFulcioDocument(input: Uint8Array | string): Json {
  return coded(() => {
    const text = typeof input === 'string' ? input : fromUtf8(input, 'configuration');
    if (text.length > MAX_CHARACTERS) throw configInvalid(`longer than ${MAX_CHARACTERS} characters`);
    if (!isStorable(text)) throw configInvalid('it holds NUL or half a character');
    return /^\s*\{/.test(text) ? renamed(parseJson(text, 'configuration')) : parseYaml(text);
  });
}

/** Throws `fulcio_config_invalid`, which names the place. */
export function readFulcioConfig(document: Json): FulcioConfig {
  return coded(() => {
    const fields = new Fields(document, 'configuration');
    const config: FulcioConfig = {
      issuers: readRules(fields, 'oidc-issuers'),
      metaIssuers: readRules(fields, 'meta-issuers'),
      providers: new Map(entries(fields, 'ci-issuer-metadata').map(([name, it]) => [name, readProvider(it)])),
    };
    for (const rule of config.issuers.values()) checkIssuerRule(rule, 'issuer');
    for (const rule of config.metaIssuers.values()) checkIssuerRule(rule, 'meta-issuer');
    return config;
  });
}

/** Fulcio's own file writes an alias as a key without the blank before the colon that YAML 1.2 asks for. */
function parseYaml(text: string): Json {
  if (hasMoreYamlTokens(text, MAX_TOKENS))
    throw configInvalid(`more than ${MAX_TOKENS} keys, values and signs`);
  const document = parseDocument(text.replaceAll(/^(\s*\*[\w-]+):/gm, '$1 :'), {
    schema: 'failsafe',
    customTags: [],
    merge: false,
    logLevel: 'error',
    prettyErrors: false,
  });
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) throw configInvalid(problem.message);
  // Aliases that multiply are bounded by the library; a map of text is all that comes out.
  return document.toJS({ maxAliasCount: 1000 }) as Json;
}

function readRules(fields: Fields, key: string): ReadonlyMap<string, IssuerRule> {
  return new Map(entries(fields, key).map(([url, rule]) => [url, readRule(url, rule)]));
}

function readRule(url: string, fields: Fields): IssuerRule {
  const text = (key: string): string => fields.optionalString(key) ?? '';
  const caCert = text('ca-cert');
  if (caCert !== '') readCertificates(caCert, fields.at);
  return {
    issuerUrl: text('issuer-url') || url,
    clientId: text('client-id'),
    type: text('type'),
    ciProvider: text('ci-provider'),
    issuerClaim: text('issuer-claim'),
    subjectDomain: text('subject-domain'),
    spiffeTrustDomain: text('spiffe-trust-domain'),
    challengeClaim: text('challenge-claim'),
    skipEmailVerification: readBoolean(fields, 'skip-email-verification'),
    caCert,
  };
}

function readCertificates(pem: string, at: string): void {
  try {
    if (pemBlocks(pem, 'CERTIFICATE').length > 0) return;
  } catch (cause) {
    if (!isCoded(cause)) throw cause;
  }
  throw configInvalid(`${at}.ca-cert: expected a certificate in PEM`);
}

function readBoolean(fields: Fields, key: string): boolean {
  const value = fields.raw(key) ?? '';
  if (value === false || value === '') return false;
  if (value === true) return true;
  if (typeof value === 'string' && /^(?:true|True|TRUE)$/.test(value)) return true;
  if (typeof value === 'string' && /^(?:false|False|FALSE)$/.test(value)) return false;
  throw configInvalid(`${fields.at}.${key}: expected true or false`);
}

function readProvider(fields: Fields): CiProvider {
  const templates = entriesOfText(fields, 'extension-templates');
  const extensions = templates.flatMap(([key, text]) => readExtension(key, text));
  const subject = fields.optionalString('subject-alternative-name-template') ?? '';
  const source = sourceOf(subject);
  return {
    defaults: new Map(entriesOfText(fields, 'default-template-values')),
    extensions,
    subject: subject.trim() === '' ? null : source,
  };
}

/** Issuer and subject always come from the token: a template for them is read, and left. */
function readExtension(key: string, text: string): readonly (readonly [FulcioExtensionName, ValueSource])[] {
  const source = sourceOf(text);
  const name = Object.hasOwn(EXTENSION_KEYS, key) ? EXTENSION_KEYS[key] : undefined;
  if (name === undefined)
    throw configInvalid(`extension-templates: there is no extension ${JSON.stringify(key)}`);
  return name === null || text === '' ? [] : [[name, source]];
}

function sourceOf(text: string): ValueSource {
  if (text.includes('{{')) return { template: parseTemplate(text) };
  // Go leaves a blank template as it is.
  return text.trim() === '' ? { template: [{ type: 'text', text }] } : { claim: text };
}

function entries(fields: Fields, key: string): readonly (readonly [string, Fields])[] {
  const inner = fields.raw(key) === '' ? undefined : fields.optionalObject(key);
  return inner?.keys().map((name) => [name, inner.object(name)] as const) ?? [];
}

function entriesOfText(fields: Fields, key: string): readonly (readonly [string, string])[] {
  const inner = fields.raw(key) === '' ? undefined : fields.optionalObject(key);
  return inner?.keys().map((name) => [name, inner.optionalString(name) ?? ''] as const) ?? [];
}

const JSON_SECTIONS: Readonly<Record<string, string>> = {
  OIDCIssuers: 'oidc-issuers',
  MetaIssuers: 'meta-issuers',
  CIIssuerMetadata: 'ci-issuer-metadata',
};

/**
 * The JSON form has Go's field names. A JSON document with the YAML form's names would load as an empty configuration
 * in Fulcio; here it is refused.
 */
function renamed(document: Json): Json {
  const fields = new Fields(document, 'configuration');
  const sections = fields.keys().map((key): [string, Json] => {
    const section = JSON_SECTIONS[key];
    if (section === undefined) {
      throw configInvalid(
        `the key ${JSON.stringify(key)}: in JSON expected ${Object.keys(JSON_SECTIONS).join(', ')}`,
      );
    }
    return [section, mapValues(fields.object(key), (entry) => renameKeys(entry))];
  });
  return Object.fromEntries(sections);
}

function renameKeys(fields: Fields): Json {
  const pairs = fields.keys().map((key): [string, Json] => {
    const value = fields.raw(key) ?? '';
    return [kebab(key), key === 'ExtensionTemplates' ? renameKeys(fields.object(key)) : value];
  });
  return Object.fromEntries(pairs);
}

function mapValues(fields: Fields, change: (entry: Fields) => Json): Json {
  return Object.fromEntries(fields.keys().map((key) => [key, change(fields.object(key))]));
}

/** `IssuerURL` → `issuer-url`, `GithubWorkflowSHA` → `github-workflow-sha`. */
function kebab(name: string): string {
  return name
    .replace(/^SPIFFE/, 'Spiffe')
    .replace(/^CI(?=[A-Z])/, 'Ci')
    .replace(/^CACert$/, 'CaCert')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();
}

/** Every fault of a configuration has one code, whoever found it. */
function coded<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (isCoded(cause, 'fulcio_config_invalid')) throw cause;
    // The YAML library recurses: deep nesting ends as a RangeError there.
    throw configInvalid(messageOf(cause), cause);
  }
}

function configInvalid(found: string, cause?: unknown): CodedError<'fulcio_config_invalid'> {
  return new CodedError('fulcio_config_invalid', `Issuer configuration: ${found.slice(0, 1000)}`, { cause });
}
