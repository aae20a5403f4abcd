/** How messages to the person look on standard error: words for people, or a JSON object a line for programs. */
export type LogFormat = 'text' | 'json';

const LOG_FORMAT = '--log-format';

/**
 * Looked up before the options are read, so that an option that cannot be read is told of in the format asked for.
 * `ecs`, which the server knows too, is JSON here.
 */
export function logFormatOf(words: readonly string[], env: NodeJS.ProcessEnv): LogFormat {
  const end = words.indexOf('--');
  const ours = end === -1 ? words : words.slice(0, end);
  const at = ours.findLastIndex((word) => word === LOG_FORMAT || word.startsWith(`${LOG_FORMAT}=`));
  const given = at === -1 ? env['WAYBILL_LOG_FORMAT'] : (ours[at]?.split('=')[1] ?? ours[at + 1]);
  return given === 'json' || given === 'ecs' ? 'json' : 'text';
}

/** A token in the wrong place of a command line must not go on into the log of the pipeline. */
export function withoutTokens(text: string): string {
  return text.replaceAll(/\bwb_[\w-]{8,}/g, 'wb_…').replaceAll(/\beyJ[\w-]{8,}\.eyJ[\w-]+\.[\w-]*/g, 'eyJ…');
}

/** One line of JSON, with the names that the log of the server uses. */
export function messageLine(
  level: 'info' | 'error',
  message: string,
  members: Readonly<Record<string, unknown>> = {},
): string {
  const line = { level, time: new Date().toISOString(), msg: message, ...members };
  return `${withoutTokens(JSON.stringify(line))}\n`;
}
