import { resolve } from 'node:path';
import { CodedError, messageOf, Secret } from '@waybill/core';
import { nearest } from '@waybill/core/bytes';
import { LOG_LEVELS, type LogLevel } from './log.ts';

export interface Config {
  readonly listen: { readonly host: string; readonly port: number };
  /** Absolute. */
  readonly dataDir: string;
  /** Without a slash at the end; null when the port is left to the system and `--url` is not given. */
  readonly publicUrl: string | null;
  /** True: identities of new signatures may differ from those that contracts and old certificates name. */
  readonly allowUrlChange: boolean;
  /** null: the embedded PostgreSQL. Holds a password. */
  readonly databaseUrl: Secret<string> | null;
  /** Absolute directory of the file-system driver. */
  readonly blobsDir: string;
  readonly logLevel: LogLevel;
  /** From the environment only: arguments are visible to every user of the machine. */
  readonly masterKey: Secret<string> | null;
}

interface Option {
  readonly env: string;
  readonly value: string;
  readonly help: string;
}

/** The one table: a flag, its variable, its meaning. Flags win over the environment, the environment over defaults. */
export const OPTIONS = {
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
  },
  blobs: { env: 'WAYBILL_BLOBS', value: 'DIR', help: 'the directory of the blob store (<data>/blobs)' },
  'log-level': { env: 'WAYBILL_LOG_LEVEL', value: 'LEVEL', help: `${LOG_LEVELS.join(', ')} (info)` },
} as const satisfies Readonly<Record<string, Option>>;

type OptionName = keyof typeof OPTIONS;
type Given = Readonly<Partial<Record<OptionName, Setting>>>;

/** A value and where it came from, for messages. */
interface Setting {
  readonly text: string;
  readonly from: string;
}

export interface ConfigSurroundings {
  readonly cwd: string;
  readonly isRoot: boolean;
}

/** Throws `config_unknown_option`, `config_invalid`. `argv` without node and script. */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  around: ConfigSurroundings = { cwd: process.cwd(), isRoot: process.geteuid?.() === 0 },
): Config {
  const given: Given = { ...fromEnvironment(env), ...fromFlags(argv) };
  const dataDir = resolve(
    around.cwd,
    given.data?.text ?? (around.isRoot ? '/var/lib/waybill' : 'waybill-data'),
  );
  const listen = parseListen(given.listen ?? { text: '127.0.0.1:7070', from: 'default' });
  const masterKey = env['WAYBILL_MASTER_KEY'];
  return {
    listen,
    dataDir,
    publicUrl: given.url === undefined ? urlOfListen(listen) : parsePublicUrl(given.url),
    allowUrlChange: parseUrlChange(given['url-change']),
    databaseUrl: given['database-url'] === undefined ? null : parseDatabaseUrl(given['database-url']),
    blobsDir: given.blobs === undefined ? resolve(dataDir, 'blobs') : parseBlobs(given.blobs, around.cwd),
    logLevel: parseLogLevel(given['log-level']),
    masterKey: masterKey === undefined || masterKey === '' ? null : new Secret(masterKey),
  };
}

/** The options as lines of a help text. */
export function configHelp(): string {
  const rows = Object.entries(OPTIONS).map(
    ([name, option]) => [`--${name} ${option.value}`, option] as const,
  );
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, { help, env }]) => `  ${flag.padEnd(width)}  ${help} [${env}]`).join('\n');
}

function fromEnvironment(env: Readonly<Record<string, string | undefined>>): Given {
  return Object.fromEntries(
    Object.entries(OPTIONS)
      .map(([name, option]) => [name, { text: env[option.env] ?? '', from: option.env }] as const)
      // An empty variable is an unset one: shells and compose files cannot always tell them apart.
      .filter(([, setting]) => setting.text !== ''),
  );
}

function fromFlags(argv: readonly string[]): Given {
  const given: Partial<Record<OptionName, Setting>> = {};
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? '';
    const [flag, inline] = splitOnce(argument, '=');
    const name = optionName(flag, argument);
    const text = inline ?? argv[++at];
    if (text === undefined || text === '' || (inline === undefined && text.startsWith('--'))) {
      throw invalid(`--${name}`, `needs a value: --${name} ${OPTIONS[name].value}`);
    }
    if (given[name] !== undefined) throw invalid(`--${name}`, 'stands twice: give it once');
    given[name] = { text, from: `--${name}` };
  }
  return given;
}

function optionName(flag: string, argument: string): OptionName {
  if (!argument.startsWith('--')) {
    throw new CodedError(
      'config_unknown_option',
      `${JSON.stringify(argument)}: the server takes options only, each starting with --`,
    );
  }
  const name = flag.slice(2);
  if (Object.hasOwn(OPTIONS, name)) return name as OptionName;
  const near = nearest(name, Object.keys(OPTIONS));
  const hint =
    near === undefined
      ? `known are ${Object.keys(OPTIONS)
          .map((known) => `--${known}`)
          .join(', ')}`
      : `did you mean --${near}?`;
  throw new CodedError('config_unknown_option', `unknown option ${flag}: ${hint}`);
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function parseListen(setting: Setting): Config['listen'] {
  const found = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(setting.text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) {
    throw invalid(
      setting.from,
      `expected HOST:PORT such as 127.0.0.1:7070 or [::1]:7070, found ${JSON.stringify(setting.text)}`,
    );
  }
  return { host: found[1] ?? (found[2] || '0.0.0.0'), port };
}

function urlOfListen({ host, port }: Config['listen']): string | null {
  if (port === 0) return null;
  // Nobody can connect to "every address".
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

function parsePublicUrl(setting: Setting): string {
  const url = parseUrl(setting);
  const plain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  if (!/^https?:$/.test(url.protocol) || !plain) {
    throw invalid(
      setting.from,
      `expected http://HOST or https://HOST, found ${JSON.stringify(setting.text)}`,
    );
  }
  if (url.pathname !== '/') {
    throw invalid(
      setting.from,
      `${JSON.stringify(setting.text)} has a path: the registry and the Sigstore services need the root of an origin, so give Waybill a host name of its own`,
    );
  }
  return url.origin;
}

function parseDatabaseUrl(setting: Setting): Secret<string> {
  let url: URL | null = null;
  try {
    url = new URL(setting.text);
  } catch {
    // The reason would quote the URL, and with it the password.
  }
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalid(setting.from, 'expected postgres://USER:PASSWORD@HOST:PORT/DATABASE');
  }
  return new Secret(setting.text);
}

function parseBlobs(setting: Setting, cwd: string): string {
  if (/^[a-z][a-z0-9+.-]*:/i.test(setting.text)) {
    throw invalid(
      setting.from,
      `${JSON.stringify(setting.text)}: this version stores blobs in a directory only, so give a path`,
    );
  }
  return resolve(cwd, setting.text);
}

function parseUrlChange(setting: Setting | undefined): boolean {
  const text = setting?.text ?? 'refuse';
  if (setting && text !== 'refuse' && text !== 'allow') {
    throw invalid(setting.from, `expected refuse or allow, found ${JSON.stringify(text)}`);
  }
  return text === 'allow';
}

function parseLogLevel(setting: Setting | undefined): LogLevel {
  if (setting === undefined) return 'info';
  const level = LOG_LEVELS.find((known) => known === setting.text);
  if (level !== undefined) return level;
  const near = nearest(setting.text, LOG_LEVELS);
  throw invalid(
    setting.from,
    `${JSON.stringify(setting.text)} is no level: ${near === undefined ? `take one of ${LOG_LEVELS.join(', ')}` : `did you mean ${near}?`}`,
  );
}

function parseUrl(setting: Setting): URL {
  try {
    return new URL(setting.text);
  } catch (cause) {
    throw invalid(
      setting.from,
      `expected a URL, found ${JSON.stringify(setting.text)} (${messageOf(cause)})`,
    );
  }
}

function invalid(from: string, problem: string): CodedError<'config_invalid'> {
  return new CodedError('config_invalid', `${from}: ${problem}`);
}
