import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { LiveUpdates } from '#components/layout/live-updates.tsx';
import { QueryProvider } from '#components/layout/query-provider.tsx';
import { Shell } from '#components/layout/shell.tsx';
import { REQUESTED_PATH_HEADER } from '#server/studio/page-headers.ts';
import { requireSession } from '#server/studio/session.ts';
import { signOut } from './actions.ts';

export default async function StudioLayout({ children }: { children: ReactNode }) {
  const given = await headers();
  const user = await requireSession(given.get(REQUESTED_PATH_HEADER) ?? '/');
  return (
    <QueryProvider>
      <LiveUpdates>
        <Shell user={{ name: user.name, email: user.email }} signOut={signOut}>
          {children}
        </Shell>
      </LiveUpdates>
    </QueryProvider>
  );
}
