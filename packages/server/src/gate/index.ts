/** Room 10: one kind of decision for every place that asks, each recorded. */
export { decide } from './decide.ts';
export type { GateDeps } from './deps.ts';
export { GATE_PROBLEMS, type GateCode } from './errors.ts';
export { gateMetrics } from './metrics.ts';
export { type GateRoutesDeps, gateRoutes } from './routes.ts';
