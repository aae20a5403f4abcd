import { ensureTemplate, startTestPostgres, TEST_PG, type TestPostgres } from '@waybill/testkit';

let server: TestPostgres | undefined;

/** One PostgreSQL for the whole run; the test files inherit its address. */
export async function globalSetup(): Promise<void> {
  if (process.env[TEST_PG] !== undefined) return;
  server = await startTestPostgres();
  try {
    await ensureTemplate(server.connection);
  } catch (error) {
    await server.stop();
    throw error;
  }
  process.env[TEST_PG] = JSON.stringify(server.connection);
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
}
