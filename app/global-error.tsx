'use client';

import './globals.css';

/** Stands in for the whole document when even its frame failed. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en" data-theme="system">
      <body className="grid min-h-dvh place-items-center">
        <main className="grid max-w-105 gap-3 p-6">
          <h1>The studio met a fault</h1>
          <p className="text-muted">
            Predictions are not affected. Reload the page; if it comes back, look for this id in the studio’s log.
          </p>
          {error.digest ? <p className="font-mono text-xs">{error.digest}</p> : null}
          <p>
            <button type="button" onClick={reset} className="prose-link">
              Try again
            </button>
          </p>
        </main>
      </body>
    </html>
  );
}
