import { isCoded } from '@waybill/core';
import type { Logger } from '../log/log.ts';
import type { Gauge, Metrics } from './metrics.ts';

/** `standby`: as it should be, though another process does the work. */
export type ReadyState = 'up' | 'standby';

/** Something that the server cannot do without. */
export interface Dependency {
  readonly name: string;
  check(): Promise<ReadyState>;
}

/** What a stranger may know of it: no addresses, no secrets. */
export interface Readiness {
  readonly name: string;
  readonly state: ReadyState | 'down';
  /** A stable code. */
  readonly detail?: string;
  /** What is wrong, and what to do. */
  readonly message?: string;
}

const CHECK_TIMEOUT_MS = 5000;
/** Anybody may ask: however many do, the dependencies are asked once in this time. */
const FRESH_MS = 1000;

/** The state of each dependency, for whoever asks. Never throws. A change of state is said in the log. */
export function watchDependencies(
  dependencies: readonly Dependency[],
  log: Logger,
): () => Promise<readonly Readiness[]> {
  const last = new Map<string, Readiness['state']>();
  let answer: Promise<readonly Readiness[]> | undefined;
  let staleAtMs = 0;
  const look = async (): Promise<readonly Readiness[]> => {
    const found = await Promise.all(dependencies.map((dependency) => readinessOf(dependency)));
    for (const { readiness: now, cause } of found) {
      if (now.state === 'down' && last.get(now.name) !== 'down') {
        log.error({ err: cause, dependency: now.name }, 'a dependency is down');
      } else if (now.state !== 'down' && last.get(now.name) === 'down') {
        log.info({ dependency: now.name }, 'a dependency is back');
      }
      last.set(now.name, now.state);
    }
    staleAtMs = performance.now() + FRESH_MS;
    return found.map(({ readiness }) => readiness);
  };
  return () => {
    if (answer === undefined || performance.now() > staleAtMs) {
      staleAtMs = Number.POSITIVE_INFINITY;
      answer = look();
    }
    return answer;
  };
}

interface Look {
  readonly readiness: Readiness;
  /** For the log. */
  readonly cause?: unknown;
}

async function readinessOf({ name, check }: Dependency): Promise<Look> {
  try {
    return { readiness: { name, state: await inTime(check()) } };
  } catch (cause) {
    const known = isCoded(cause)
      ? { detail: cause.code, message: cause.message }
      : { detail: 'internal', message: 'the log of the server says what is wrong' };
    return { readiness: { name, state: 'down', ...known }, cause };
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error(`no answer within ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

type ByDependency<N extends string> = { readonly dependency: readonly N[] };

export function measureReadiness<N extends string>(
  ready: () => Promise<readonly Readiness[]>,
  gauge: Gauge<ByDependency<N>>,
): void {
  gauge.read(async () =>
    (await ready()).map(({ name, state }) => ({
      labels: { dependency: name as N },
      value: state === 'down' ? 0 : 1,
    })),
  );
}

export function readinessMetrics<const N extends string>(
  metrics: Metrics,
  names: readonly N[],
): Gauge<ByDependency<N>> {
  return metrics.gauge({
    name: 'waybill_dependency_up',
    help: '1 for what is up or stands by, 0 for what is down, as /readyz says',
    labels: { dependency: names },
  });
}
