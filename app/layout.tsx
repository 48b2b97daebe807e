import type { Metadata, Viewport } from 'next';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { PreferencesProvider } from '#components/layout/preferences.tsx';
import { readPreferences } from '#lib/format/preferences.ts';
import { NONCE_HEADER } from '#server/studio/page-headers.ts';
import { fontClasses } from './fonts.ts';
import './globals.css';

/** Every page carries a nonce of its request. */
export const dynamic = 'force-dynamic';

export const metadata: Metadata = {
  title: { default: 'Viridian', template: '%s · Viridian' },
  description: 'Deploys models behind stable addresses, splits their traffic, and shows what they cost.',
};

export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#0b1214' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const [jar, given] = await Promise.all([cookies(), headers()]);
  const preferences = readPreferences((name) => jar.get(name)?.value, given.get('accept-language'));
  return (
    <html lang="en" data-theme={preferences.theme} className={fontClasses}>
      <head>
        {/* React Aria puts this nonce on the two style elements it makes. */}
        <meta property="csp-nonce" nonce={given.get(NONCE_HEADER) ?? undefined} suppressHydrationWarning />
      </head>
      <body>
        <PreferencesProvider initial={preferences}>{children}</PreferencesProvider>
      </body>
    </html>
  );
}
