import { LOG_FORMATS, LOG_LEVELS } from '../log/log.ts';

/** One setting of the server. */
export interface Option {
  /** Variable of the environment; with `secret`, the same with `_FILE` behind it names a file that holds the value. */
  readonly env: string;
  readonly value: string;
  /** Ends with the default in brackets. */
  readonly help: string;
  /** Never shown. */
  readonly secret?: true;
  /** Where it may not stand: arguments are visible to every user of the machine, and no file names itself. */
  readonly not?: 'flag' | 'file';
}

/**
 * The one table: a name is the flag, without its dashes, and the key in the file. Flags win over the environment,
 * the environment over the file, the file over defaults.
 */
export const OPTIONS = {
  config: {
    env: 'WAYBILL_CONFIG',
    value: 'FILE',
    help: 'a YAML file with these options (none)',
    not: 'file',
  },
  listen: { env: 'WAYBILL_LISTEN', value: 'HOST:PORT', help: 'where to listen (127.0.0.1:7070)' },
  url: {
    env: 'WAYBILL_URL',
    value: 'URL',
    help: 'the address under which others reach this server (http://<listen>)',
  },
  'url-change': {
    env: 'WAYBILL_URL_CHANGE',
    value: 'refuse|allow',
    help: 'whether data that was signed under another URL may be served under this one (refuse)',
  },
  data: {
    env: 'WAYBILL_DATA',
    value: 'DIR',
    help: 'the data directory (./waybill-data; as root /var/lib/waybill)',
  },
  'database-url': {
    env: 'WAYBILL_DATABASE_URL',
    value: 'URL',
    help: 'a PostgreSQL 16 or later (an embedded one in the data directory)',
    secret: true,
  },
  'master-key': {
    env: 'WAYBILL_MASTER_KEY',
    value: 'BASE64',
    help: '32 random bytes that seal the private keys in the database (the file <data>/master.key)',
    secret: true,
    not: 'flag',
  },
  'metrics-token': {
    env: 'WAYBILL_METRICS_TOKEN',
    value: 'TOKEN',
    help: 'opens /metrics to other machines; 16 characters or more (none)',
    secret: true,
    not: 'flag',
  },
  blobs: { env: 'WAYBILL_BLOBS', value: 'DIR', help: 'the directory of the blob store (<data>/blobs)' },
  'log-guard': {
    env: 'WAYBILL_LOG_GUARD',
    value: 'FILE',
    help: 'a file outside the data directory, best on another disk, that remembers what the logs have signed (none)',
  },
  'tls-cert': {
    env: 'WAYBILL_TLS_CERT',
    value: 'FILE',
    help: 'the certificate to serve HTTPS with, PEM, its intermediates after it (none: plain HTTP)',
  },
  'tls-key': { env: 'WAYBILL_TLS_KEY', value: 'FILE', help: 'its private key, PEM (none)' },
  'tls-min-version': {
    env: 'WAYBILL_TLS_MIN_VERSION',
    value: '1.2|1.3',
    help: 'the oldest TLS that clients may speak (1.2)',
  },
  'trusted-proxies': {
    env: 'WAYBILL_TRUSTED_PROXIES',
    value: 'CIDR,…',
    help: 'addresses and networks of proxies whose X-Forwarded-For is believed (none)',
  },
  'ca-key': {
    env: 'WAYBILL_CA_KEY',
    value: 'p256|p384|rsa3072',
    help: 'keys of the certificate authority that the first start makes; one that exists keeps its own (p256)',
  },
  issuers: {
    env: 'WAYBILL_ISSUERS',
    value: 'FILE',
    help: "issuers for every organisation, in the form of Fulcio's config.yaml (none)",
  },
  'issuer-networks': {
    env: 'WAYBILL_ISSUER_NETWORKS',
    value: 'private,loopback',
    help: 'networks beside the public one in which issuers may be asked for their keys (none)',
  },
  'token-rate': {
    env: 'WAYBILL_TOKEN_RATE',
    value: 'N',
    help: 'requests per second of one API token, as a mean over ten seconds; 0: no limit (1000)',
  },
  'address-rate': {
    env: 'WAYBILL_ADDRESS_RATE',
    value: 'N',
    help: 'the same of one address, for IPv6 of one /64 (2000)',
  },
  'failed-sign-in-rate': {
    env: 'WAYBILL_FAILED_SIGN_IN_RATE',
    value: 'N',
    help: 'the same of failed sign-ins from one address (5)',
  },
  'max-connections': {
    env: 'WAYBILL_MAX_CONNECTIONS',
    value: 'N',
    help: 'open connections; a new one takes the place of the one that idles longest (4096)',
  },
  'run-lifetime': {
    env: 'WAYBILL_RUN_LIFETIME',
    value: 'DURATION',
    help: 'how long a run waits for its attestation before it has expired, 1m to 30d; a pipeline may ask for less (24h)',
  },
  'ntp-servers': {
    env: 'WAYBILL_NTP_SERVERS',
    value: 'HOST[:PORT],…',
    help: 'servers of which more than half must confirm the clock, or nothing is dated (none)',
  },
  'clock-tolerance': {
    env: 'WAYBILL_CLOCK_TOLERANCE',
    value: 'SECONDS',
    help: 'how far the clock may move, or differ from others, before nothing is dated any more (1)',
  },
  'log-level': { env: 'WAYBILL_LOG_LEVEL', value: 'LEVEL', help: `${LOG_LEVELS.join(', ')} (info)` },
  'log-format': {
    env: 'WAYBILL_LOG_FORMAT',
    value: 'FORMAT',
    help: `${LOG_FORMATS.join(', ')}; ecs is for Elastic (text on a terminal, else json)`,
  },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof OPTIONS;

/** A value and where it came from, for messages. */
export interface Setting {
  readonly text: string;
  readonly from: string;
}

export type Given = Readonly<Partial<Record<OptionName, Setting>>>;

/** What the table says of an option, without the narrow types of its row. */
export const optionOf = (name: OptionName): Option => OPTIONS[name];

export const optionNames = (): readonly OptionName[] => Object.keys(OPTIONS) as OptionName[];

/** The default as the help text gives it. */
export function defaultOf(name: OptionName): { readonly meaning: string; readonly standard: string } {
  const [, meaning, standard] = /^(.*) \(([^()]*)\)$/.exec(OPTIONS[name].help) ?? [];
  if (meaning === undefined || standard === undefined)
    throw new TypeError(`the help text of ${name} names no default`);
  return { meaning, standard };
}
