import type { Db } from '../db/db.ts';
import { ANY, type Gauge, type Metrics } from '../observe/metrics.ts';
import { type FollowerLag, readLag } from './rows.ts';

type ByFollower = { readonly follower: readonly string[] };

export interface FollowerMetrics {
  readonly events: Gauge<ByFollower>;
  readonly seconds: Gauge<ByFollower>;
  readonly deadLetters: Gauge<ByFollower>;
}

export function followerMetrics(metrics: Metrics): FollowerMetrics {
  const labels = { follower: ANY };
  return {
    events: metrics.gauge({
      name: 'waybill_follower_lag_events',
      help: 'Events that a follower has not taken yet',
      labels,
    }),
    seconds: metrics.gauge({
      name: 'waybill_follower_lag_seconds',
      help: 'Age of the oldest event that a follower has not taken yet; 0 when there is none',
      labels,
    }),
    deadLetters: metrics.gauge({
      name: 'waybill_follower_dead_letters',
      help: 'Events that a follower has given up',
      labels,
    }),
  };
}

/** How far each follower is, the same from every replica. */
export function measureFollowers(db: Db, metrics: FollowerMetrics): void {
  let reading: Promise<readonly FollowerLag[]> | undefined;
  const each = (value: (lag: FollowerLag) => number) => async () => {
    // The three figures of one look come from one query.
    reading ??= db.asSystem(readLag).finally(() => {
      reading = undefined;
    });
    return (await reading).map((lag) => ({ labels: { follower: lag.follower }, value: value(lag) }));
  };
  metrics.events.read(each((lag) => lag.events));
  metrics.seconds.read(each((lag) => lag.seconds));
  metrics.deadLetters.read(each((lag) => lag.deadLetters));
}
