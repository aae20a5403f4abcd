import type { App } from './http.ts';
import { addressKey, createRateLimit, rateLimited } from './rate-limit.ts';

/** A flood from one address ends here, before anything is looked up for it. `perSecond` 0 is no limit. */
export function limitAddresses(app: App, perSecond: number): void {
  const limit = createRateLimit({ perSecond });
  app.addHook('onRequest', (request, _reply, done) => {
    // Whoever watches over the process must not take a flood for its death.
    if (request.url === '/healthz') return done();
    const waitMs = limit.take(addressKey(request.ip));
    if (waitMs === 0) return done();
    return done(
      rateLimited(
        `too many requests from this address (${perSecond} per second are served, see --address-rate)`,
        waitMs,
      ),
    );
  });
}
