import { statfs } from 'node:fs/promises';
import type { Gauge, Metrics } from './metrics.ts';

const DIRECTORIES = ['data', 'blobs'] as const;

type ByDirectory = { readonly directory: typeof DIRECTORIES };

export interface DiskMetrics {
  readonly free: Gauge<ByDirectory>;
  readonly size: Gauge<ByDirectory>;
}

export function diskMetrics(metrics: Metrics): DiskMetrics {
  const labels: ByDirectory = { directory: DIRECTORIES };
  return {
    free: metrics.gauge({
      name: 'waybill_disk_free_bytes',
      help: 'Room that is left on the disk below the data directory and the blob store',
      labels,
    }),
    size: metrics.gauge({
      name: 'waybill_disk_size_bytes',
      help: 'Size of the disk below the data directory and the blob store',
      labels,
    }),
  };
}

export function measureDisks(
  paths: Readonly<Record<(typeof DIRECTORIES)[number], string>>,
  metrics: DiskMetrics,
): void {
  const each = (field: 'bavail' | 'blocks') => () =>
    Promise.all(
      DIRECTORIES.map(async (directory) => {
        const found = await statfs(paths[directory]);
        return { labels: { directory }, value: found.bsize * found[field] };
      }),
    );
  metrics.free.read(each('bavail'));
  metrics.size.read(each('blocks'));
}
