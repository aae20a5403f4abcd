/**
 * Loaded before a test (`--import`): source files are read without a defence. Nothing is written anywhere, and the
 * processes that the test starts inherit it with NODE_OPTIONS.
 */
import { registerHooks } from 'node:module';

export const TAKE_AWAY = 'WAYBILL_TAKE_AWAY';

export interface TakenAway {
  readonly url: string;
  readonly text: string;
  readonly instead: string;
}

const wanted = JSON.parse(process.env[TAKE_AWAY] ?? '[]') as readonly TakenAway[];
if (wanted.length > 0) {
  registerHooks({
    load(url, context, next) {
      const result = next(url, context);
      const taken = wanted.find((one) => one.url === url);
      if (taken === undefined || result.source === undefined || result.source === null) return result;
      const source =
        typeof result.source === 'string' ? result.source : new TextDecoder().decode(result.source);
      if (!source.includes(taken.text)) throw new Error(`${url} has no ${taken.text}`);
      return { ...result, source: source.replace(taken.text, () => taken.instead) };
    },
  });
}
