import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type LiveStatus, startChangeStream } from './change-stream.ts';

const TIMING = { staleAfterMs: 60_000, minBackoffMs: 5, maxBackoffMs: 20 };

let feed: Feed;
let stops: (() => void)[];

beforeEach(async () => {
  feed = await startFeed();
  stops = [];
  // A page asks its own origin; here that is the feed.
  const fetchFrom = globalThis.fetch;
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => fetchFrom(`${feed.origin()}${path}`, init));
  vi.spyOn(console, 'warn').mockReturnValue();
});

afterEach(async () => {
  for (const stop of stops) stop();
  await feed.stop();
  vi.unstubAllGlobals();
});

test('a change is told, and the page counts as live while the stream is open', async () => {
  const tab = openTab();
  await feed.connected(1);
  feed.send('7', '/endpoints/iris');
  await tab.until(() => expect(tab.changes).toEqual(['/endpoints/iris']));
  expect(tab.statuses).toEqual(['live']);
  expect(tab.resets).toBe(0);
});

test('after a break the stream goes on where it ended, and nothing is read afresh', async () => {
  const tab = openTab();
  await feed.connected(1);
  feed.send('7', '/endpoints/iris');
  await tab.until(() => expect(tab.changes).toHaveLength(1));
  feed.breakAll();
  await feed.connected(2);
  expect(feed.positions).toEqual([undefined, '7']);
  feed.send('8', '/endpoints/fraud');
  await tab.until(() => expect(tab.changes).toEqual(['/endpoints/iris', '/endpoints/fraud']));
  expect(tab.resets).toBe(0);
  expect(tab.statuses).toEqual(['live', 'connecting', 'live']);
});

test('a stream that broke before its first event makes the page read everything afresh', async () => {
  const tab = openTab();
  await feed.connected(1);
  await tab.until(() => expect(tab.statuses).toEqual(['live']));
  feed.breakAll();
  await feed.connected(2);
  await tab.until(() => expect(tab.resets).toBe(1));
});

test('a page that opened while the control plane was away reads everything afresh once it is back', async () => {
  feed.refuse(true);
  const tab = openTab();
  await feed.connected(2);
  feed.refuse(false);
  await tab.until(() => expect(tab.statuses).toEqual(['live']));
  expect(tab.resets).toBe(1);
});

test('a control plane that was killed and came back tells a later change', async () => {
  const tab = openTab();
  await feed.connected(1);
  feed.send('7', '/endpoints/iris');
  await tab.until(() => expect(tab.changes).toHaveLength(1));
  const port = await feed.stop();
  await tab.until(() => expect(tab.statuses).toEqual(['live', 'connecting']));
  feed = await startFeed(port);
  await feed.connected(1);
  expect(feed.positions).toEqual(['7']);
  feed.send('8', '/endpoints/iris');
  await tab.until(() => expect(tab.changes).toHaveLength(2));
});

test('a position that the server no longer holds makes the page read everything afresh, and counts from there', async () => {
  const tab = openTab();
  await feed.connected(1);
  feed.send('90', '', 'reset');
  await tab.until(() => expect(tab.resets).toBe(1));
  feed.breakAll();
  await feed.connected(2);
  expect(feed.positions).toEqual([undefined, '90']);
});

test('a page that hears nothing for too long is called stale, and live again when it hears', async () => {
  feed.refuse(true);
  const tab = openTab({ ...TIMING, staleAfterMs: 20 });
  await tab.until(() => expect(tab.statuses).toEqual(['stale']));
  feed.refuse(false);
  await tab.until(() => expect(tab.statuses.at(-1)).toBe('live'));
});

test('two tabs share one connection, and both are told', async () => {
  const first = openTab();
  await feed.connected(1);
  const second = openTab();
  await second.until(() => expect(second.statuses).toContain('live'));
  feed.send('7', '/endpoints/iris');
  await first.until(() => expect(first.changes).toHaveLength(1));
  await second.until(() => expect(second.changes).toHaveLength(1));
  expect(feed.positions).toHaveLength(1);
});

test('when the tab that reads is closed, the other goes on from the last event that it heard of', async () => {
  const first = openTab();
  await feed.connected(1);
  const second = openTab();
  feed.send('7', '/endpoints/iris');
  await second.until(() => expect(second.changes).toHaveLength(1));
  first.close();
  await feed.connected(2);
  expect(feed.positions).toEqual([undefined, '7']);
  feed.send('8', '/endpoints/iris');
  await second.until(() => expect(second.changes).toHaveLength(2));
  expect(first.changes).toHaveLength(1);
});

test('a tab that takes over before any event came reads everything afresh', async () => {
  const first = openTab();
  await feed.connected(1);
  const second = openTab();
  await second.until(() => expect(second.statuses).toContain('live'));
  first.close();
  await feed.connected(2);
  await second.until(() => expect(second.resets).toBe(1));
});

test('a page that is closed connects no more', async () => {
  const tab = openTab();
  await feed.connected(1);
  tab.close();
  await feed.left();
  expect(feed.positions).toHaveLength(1);
});

/** What one open page is told. */
function openTab(timing = TIMING) {
  const tab = {
    changes: [] as string[],
    statuses: [] as LiveStatus[],
    resets: 0,
    until: (look: () => void) => vi.waitFor(look, { timeout: 10_000, interval: 5 }),
    close: () => stop(),
  };
  const stop = startChangeStream(
    {
      onChange: ({ resource }) => tab.changes.push(resource),
      onReset: () => (tab.resets += 1),
      onStatus: (status) => tab.statuses.push(status),
    },
    timing,
  );
  stops.push(stop);
  return tab;
}

type Feed = Awaited<ReturnType<typeof startFeed>>;

/** An event stream over a real socket. Every request counts as a connection, also one that is refused. */
async function startFeed(port = 0) {
  const open = new Set<ServerResponse>();
  const positions: (string | undefined)[] = [];
  let refuses = false;
  const server: Server = createServer((request, response) => {
    positions.push(request.headers['last-event-id'] as string | undefined);
    if (refuses) {
      response.writeHead(503).end();
      return;
    }
    open.add(response);
    response.once('close', () => open.delete(response));
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': open\n\n');
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  const breakAll = (): void => {
    for (const response of open) response.destroy();
  };
  return {
    positions,
    origin: () => `http://127.0.0.1:${taken}`,
    refuse: (now: boolean) => (refuses = now),
    connected: (count: number) =>
      vi.waitFor(() => expect(positions.length).toBeGreaterThanOrEqual(count), { timeout: 10_000, interval: 5 }),
    left: () => vi.waitFor(() => expect(open.size).toBe(0), { timeout: 10_000, interval: 5 }),
    send(id: string, resource: string, event = 'change') {
      const data = JSON.stringify({ resource, kind: 'updated', revision: null, at: '2026-03-12T11:04:00Z' });
      for (const response of open) response.write(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
    },
    breakAll,
    /** @returns the port, for whoever comes back on it */
    async stop() {
      breakAll();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
      return taken;
    },
  };
}
