import { resolve } from 'node:path';
import { Secret } from '@waybill/core';
import type { LogFormat, LogLevel } from '../log/log.ts';
import type { NtpServer } from '../time/ntp.ts';
import type { TlsFiles } from '../tls/certificate.ts';
import { defaultOf, type Given, type OptionName, optionNames, optionOf } from './options.ts';
import { collectSettings, type Environment } from './sources.ts';
import {
  type Listen,
  parseBlobs,
  parseCaKey,
  parseClockTolerance,
  parseDatabaseUrl,
  parseIssuerNetworks,
  parseListen,
  parseLogFormat,
  parseLogGuard,
  parseLogLevel,
  parseMaxConnections,
  parseMetricsToken,
  parseNtpServers,
  parsePublicUrl,
  parseRate,
  parseRunLifetime,
  parseTls,
  parseTrustedProxies,
  parseUrlChange,
  urlOfListen,
} from './values.ts';

export interface Config {
  readonly listen: Listen;
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
  /** Absolute path of the file that remembers what the logs have signed. */
  readonly logGuard: string | null;
  /** null: plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Addresses and networks. */
  readonly trustedProxies: readonly string[];
  /** Of a certificate authority that is made on the first start. */
  readonly caKey: 'p256' | 'p384' | 'rsa3072';
  /** Absolute path of the issuers for everybody; null is none. */
  readonly issuersFile: string | null;
  readonly issuerNetworks: readonly ('private' | 'loopback')[];
  readonly limits: Limits;
  readonly maxConnections: number;
  readonly runLifetimeMs: number;
  readonly ntpServers: readonly NtpServer[];
  readonly clockToleranceMs: number;
  readonly logLevel: LogLevel;
  /** null: text where a person reads it, else JSON. */
  readonly logFormat: LogFormat | null;
  /** null: the file of the data directory. */
  readonly masterKey: Secret<string> | null;
  /** Opens /metrics to whoever is not on this machine. */
  readonly metricsToken: Secret<string> | null;
  /** What an operator should mend, one sentence each. */
  readonly warnings: readonly string[];
}

/** Per second, as a mean over ten seconds; 0 is no limit. */
export interface Limits {
  readonly tokenPerSecond: number;
  readonly addressPerSecond: number;
  readonly failedSignInsPerSecond: number;
}

export interface ConfigSurroundings {
  readonly cwd: string;
  readonly isRoot: boolean;
}

const surroundings = (): ConfigSurroundings => ({ cwd: process.cwd(), isRoot: process.geteuid?.() === 0 });

/** Throws `config_unknown_option`, `config_invalid`. `argv` without node and script. */
export function parseConfig(
  argv: readonly string[],
  env: Environment,
  around: ConfigSurroundings = surroundings(),
): Config {
  const { given, warnings } = collectSettings(argv, env, around.cwd);
  return { ...configOf(given, around), warnings };
}

function configOf(given: Given, around: ConfigSurroundings): Omit<Config, 'warnings'> {
  const { cwd, isRoot } = around;
  const dataDir = resolve(cwd, given.data?.text ?? (isRoot ? '/var/lib/waybill' : 'waybill-data'));
  const blobsDir = given.blobs === undefined ? resolve(dataDir, 'blobs') : parseBlobs(given.blobs, cwd);
  const listen = parseListen(given.listen ?? { text: '127.0.0.1:7070', from: 'default' });
  const tls = parseTls(given, cwd);
  return {
    listen,
    dataDir,
    publicUrl:
      given.url === undefined
        ? urlOfListen(listen, tls === null ? 'http' : 'https')
        : parsePublicUrl(given.url),
    tls,
    allowUrlChange: parseUrlChange(given['url-change']),
    databaseUrl: given['database-url'] === undefined ? null : parseDatabaseUrl(given['database-url']),
    blobsDir,
    logGuard: parseLogGuard(given['log-guard'], cwd, [dataDir, blobsDir]),
    trustedProxies: parseTrustedProxies(given['trusted-proxies']),
    caKey: parseCaKey(given['ca-key']),
    issuersFile: given.issuers === undefined ? null : resolve(cwd, given.issuers.text),
    issuerNetworks: parseIssuerNetworks(given['issuer-networks']),
    limits: {
      tokenPerSecond: parseRate(given['token-rate'], 1000),
      addressPerSecond: parseRate(given['address-rate'], 2000),
      failedSignInsPerSecond: parseRate(given['failed-sign-in-rate'], 5),
    },
    maxConnections: parseMaxConnections(given['max-connections']),
    runLifetimeMs: parseRunLifetime(given['run-lifetime']),
    ntpServers: parseNtpServers(given['ntp-servers']),
    clockToleranceMs: parseClockTolerance(given['clock-tolerance']),
    logLevel: parseLogLevel(given['log-level']),
    logFormat: parseLogFormat(given['log-format']),
    masterKey: given['master-key'] === undefined ? null : new Secret(given['master-key'].text),
    metricsToken: parseMetricsToken(given['metrics-token']),
  };
}

/** The options as lines of a help text. */
export function configHelp(): string {
  const rows = optionNames().map((name) => {
    const { value, help, env, secret, not } = optionOf(name);
    const flag = not === 'flag' ? `(${name} in the file)` : `--${name} ${value}`;
    return [flag, `${help} [${env}${secret ? `, ${env}_FILE` : ''}]`] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, text]) => `  ${flag.padEnd(width)}  ${text}`).join('\n');
}

/**
 * What the server would run with, as the text of a config file that says where each value came from; secrets as
 * `***`. Throws as `parseConfig` does.
 */
export function describeConfig(
  argv: readonly string[],
  env: Environment,
  around: ConfigSurroundings = surroundings(),
): { readonly text: string; readonly warnings: readonly string[] } {
  const { given, warnings } = collectSettings(argv, env, around.cwd);
  const effective = effectiveOf(configOf(given, around), given);
  const rows = optionNames().map((name) => {
    const value = effective[name];
    if (value === null) return [`# ${name}:`, `not set: ${defaultOf(name).standard}`] as const;
    const isComment = optionOf(name).not === 'file' ? '# ' : '';
    return [`${isComment}${name}: ${JSON.stringify(value)}`, given[name]?.from ?? 'default'] as const;
  });
  const width = Math.max(...rows.map(([line]) => line.length));
  return { text: rows.map(([line, from]) => `${line.padEnd(width)}  # ${from}`).join('\n'), warnings };
}

function textOfAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function effectiveOf(
  config: Omit<Config, 'warnings'>,
  given: Given,
): Readonly<Record<OptionName, string | null>> {
  const hidden = (secret: Secret<string> | null): string | null => (secret === null ? null : '***');
  return {
    config: given.config?.text ?? null,
    listen: textOfAddress(config.listen),
    url: config.publicUrl,
    'url-change': config.allowUrlChange ? 'allow' : 'refuse',
    data: config.dataDir,
    'database-url': hidden(config.databaseUrl),
    'master-key': hidden(config.masterKey),
    'metrics-token': hidden(config.metricsToken),
    blobs: config.blobsDir,
    'log-guard': config.logGuard,
    'tls-cert': config.tls?.certFile ?? null,
    'tls-key': config.tls?.keyFile ?? null,
    'tls-min-version': config.tls?.minVersion.slice('TLSv'.length) ?? null,
    'trusted-proxies': config.trustedProxies.join(',') || null,
    'ca-key': config.caKey,
    issuers: config.issuersFile,
    'issuer-networks': config.issuerNetworks.join(',') || null,
    'token-rate': String(config.limits.tokenPerSecond),
    'address-rate': String(config.limits.addressPerSecond),
    'failed-sign-in-rate': String(config.limits.failedSignInsPerSecond),
    'max-connections': String(config.maxConnections),
    'run-lifetime': `${config.runLifetimeMs / 1000}s`,
    'ntp-servers': config.ntpServers.map(textOfAddress).join(',') || null,
    'clock-tolerance': String(config.clockToleranceMs / 1000),
    'log-level': config.logLevel,
    'log-format': config.logFormat,
  };
}
