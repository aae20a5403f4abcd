import { setTimeout as wait } from 'node:timers/promises';
import { isCoded } from '@waybill/core';
import { sql } from 'kysely';
import type { Db, Tx } from '../db/db.ts';
import type { LocalTime, OtherClock } from './clock-guard.ts';
import { askNtp, type NtpServer } from './ntp.ts';

/** An answer that took longer says too little. */
const MAX_DELAY_MS = 1000;
const NTP_TIMEOUT_MS = 3000;

/** Of a PostgreSQL on another machine: one on this machine would only repeat what our own clock says. */
export function databaseClock(db: Pick<Db, 'asSystem'>, local: LocalTime): OtherClock {
  return {
    source: 'database',
    name: 'the clock of the database',
    async aheadMs() {
      const askedAt = { wallMs: local.clock().getTime(), elapsedMs: local.elapsedMs() };
      // A database that is away has no say; /readyz tells that it is.
      const theirs = await db.asSystem(clockOf, { atOnce: true }).catch(unlessAway);
      const delayMs = local.elapsedMs() - askedAt.elapsedMs;
      if (theirs === null || delayMs > MAX_DELAY_MS) return null;
      return certainOffset(askedAt.wallMs + delayMs / 2 - theirs.getTime(), delayMs);
    },
  };
}

function unlessAway(error: unknown): null {
  if (isCoded(error, 'database_unavailable', 'database_timeout')) return null;
  throw error;
}

async function clockOf(tx: Tx): Promise<Date | null> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(tx);
  return rows[0]?.now ?? null;
}

/** More than half of the servers must answer; those of them that agree best with our clock are believed. */
export function ntpClock(servers: readonly NtpServer[], local: LocalTime): OtherClock {
  const quorum = Math.floor(servers.length / 2) + 1;
  return {
    source: 'ntp',
    name: servers.length === 1 ? 'the NTP server' : 'the NTP servers',
    async aheadMs() {
      const answers = await Promise.all(servers.map((server) => inTime(askNtp(server, local))));
      const offsets = answers
        .filter((answer) => answer !== null && answer.delayMs <= MAX_DELAY_MS)
        .map((answer) => certainOffset(answer?.aheadMs ?? 0, answer?.delayMs ?? 0))
        .toSorted((a, b) => Math.abs(a) - Math.abs(b));
      // At least as many as a quorum are as near as this one.
      return offsets[quorum - 1] ?? null;
    },
  };
}

/** What is left of an offset when the delay was all on one way. */
function certainOffset(offsetMs: number, delayMs: number): number {
  return Math.sign(offsetMs) * Math.max(0, Math.abs(offsetMs) - delayMs / 2);
}

function inTime<T>(work: Promise<T>): Promise<T | null> {
  return Promise.race([work, wait(NTP_TIMEOUT_MS, null, { ref: false })]);
}
