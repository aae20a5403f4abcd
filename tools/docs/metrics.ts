import { createMetrics } from '../../packages/server/src/ground/observe/metrics.ts';
import { declareMetrics } from '../../packages/server/src/metrics.ts';
import { code, table } from './markdown.ts';

/** What `/metrics` of a server shows. */
export function metricBlocks(): Readonly<Record<string, string>> {
  const metrics = createMetrics();
  declareMetrics(metrics);
  const all = metrics.describe();
  const rows = (isOurs: boolean) =>
    all
      .filter(({ name }) => name.startsWith('waybill_') === isOurs)
      .map(({ name, type, labels, help }) => [
        code(name),
        type,
        Object.entries(labels)
          .map(([label, values]) => code(values.length === 0 ? label : `${label}=${values.join('|')}`))
          .join(', '),
        help.replace(/\.$/, ''),
      ]);
  const heads = ['name', 'type', 'labels', 'meaning'];
  return { server: table(heads, rows(true)), process: table(heads, rows(false)) };
}
