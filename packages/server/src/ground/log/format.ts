/** How a log line looks. All formats are made from the same line of JSON, with the same things hidden in it. */
export const LOG_FORMATS = ['json', 'ecs', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

type Presenter = (line: string) => string;

export function presenterOf(format: LogFormat, version: string): Presenter {
  if (format === 'json') return (line) => line;
  const present = format === 'ecs' ? (record: LogRecord) => toEcs(record, version) : toText;
  return (line) => `${present(JSON.parse(line) as LogRecord)}\n`;
}

interface LogRecord extends Readonly<Record<string, unknown>> {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly err?: LoggedError;
}

/** As pino writes an error: the messages and stacks of its causes are in it. */
interface LoggedError {
  readonly type?: string;
  readonly message?: string;
  readonly stack?: string;
  readonly code?: string | number;
}

/** The version of the Elastic Common Schema whose names stand here. */
const ECS_VERSION = '8.11.0';

/** Our members and their fields of ECS. What has none goes below `waybill`, where it cannot clash with one. */
const ECS_FIELDS: Readonly<Record<string, (value: unknown) => Readonly<Record<string, unknown>>>> = {
  reqId: (value) => ({ 'http.request.id': value }),
  method: (value) => ({ 'http.request.method': value }),
  path: (value) => ({ 'url.path': value }),
  status: (value) => ({ 'http.response.status_code': value }),
  ms: (value) => ({ 'event.duration': Math.round(Number(value) * 1e6) }),
  remote: (value) => ({ 'client.ip': value }),
  traceId: (value) => ({ 'trace.id': value }),
  spanId: (value) => ({ 'span.id': value }),
  err: (value) => errorFields(value as LoggedError),
};

/** ECS logging spec: `@timestamp`, `log.level`, `message` come first, in this order. */
function toEcs({ level, time, msg = '', ...rest }: LogRecord, version: string): string {
  const known = Object.entries(rest).flatMap(([name, value]) =>
    Object.hasOwn(ECS_FIELDS, name) ? Object.entries(ECS_FIELDS[name]?.(value) ?? {}) : [],
  );
  const own = Object.entries(rest).filter(([name]) => !Object.hasOwn(ECS_FIELDS, name));
  return JSON.stringify({
    '@timestamp': time,
    'log.level': level,
    message: msg,
    'ecs.version': ECS_VERSION,
    'service.name': 'waybill',
    'service.version': version,
    'event.dataset': 'waybill.server',
    ...Object.fromEntries(known),
    ...(own.length > 0 && { waybill: Object.fromEntries(own) }),
  });
}

function errorFields(error: LoggedError): Readonly<Record<string, unknown>> {
  return {
    'error.type': error.type,
    'error.message': error.message,
    'error.stack_trace': error.stack,
    // A keyword in ECS: the number that some errors have would be another type.
    ...(error.code !== undefined && { 'error.code': String(error.code) }),
  };
}

/** `2026-11-24T08:15:00.123Z WARN  what happened name=value …`, and the stack of an error below it. */
function toText({ level, time, msg = '', err, ...rest }: LogRecord): string {
  const members = Object.entries(rest).map(([name, value]) => `${name}=${valueText(value)}`);
  const head = [time, level.toUpperCase().padEnd(5), oneLine(msg), ...members].join(' ');
  const stack = err?.stack ?? err?.message;
  return stack === undefined ? head : `${head}\n${printable(stack).replaceAll(/^/gm, '    ')}`;
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[\w./:@*+-]+$/.test(text) ? text : printable(JSON.stringify(text));
}

/** What a client sent may hold the sequences that steer a terminal. */
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, (char) =>
    char === '\n' ? char : `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function oneLine(text: string): string {
  return printable(text).replaceAll('\n', ' ');
}
