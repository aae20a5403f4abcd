const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => controller.abort());

/** Ctrl-C: what runs is ended, the server stopped, the directory removed. */
export const interrupted: AbortSignal = controller.signal;
