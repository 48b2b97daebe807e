'use client';

import dynamic from 'next/dynamic';
import { usePathname, useRouter } from 'next/navigation';
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { preferenceCookie } from '#lib/format/preferences.ts';
import { Toaster } from '#components/ui/toast.tsx';
import { ReaderContext } from './actor.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { NAVIGATION_ITEMS } from './navigation.ts';
import { usePreferences } from './preferences.tsx';
import { Rail } from './rail.tsx';
import { SessionKeeper } from './session-keeper.tsx';
import { printedKeys } from './shortcuts.ts';
import { TopBar } from './top-bar.tsx';
import { useShortcutListener, useShortcuts } from './use-shortcuts.ts';

const loadPalette = () => import('./command-palette.tsx').then((module) => module.CommandPalette);
const CommandPalette = dynamic(loadPalette, { ssr: false });
const ShortcutSheet = dynamic(() => import('./shortcut-sheet.tsx').then((module) => module.ShortcutSheet), {
  ssr: false,
});
const NavigationDrawer = dynamic(() => import('./navigation-drawer.tsx').then((module) => module.NavigationDrawer), {
  ssr: false,
});

const PALETTE_PRELOAD_MS = 2_000;

type Overlay = 'palette' | 'shortcuts' | 'navigation' | null;

export interface ShellProps {
  user: { name: string; email: string };
  signOut: () => Promise<void>;
  children: ReactNode;
}

/** The frame of every page behind the sign-in: rail, top bar, keyboard, messages. */
export function Shell({ user, signOut, children }: ShellProps) {
  const router = useRouter();
  const preferences = usePreferences();
  const [rail, setRail] = useState(preferences.rail);
  const [overlay, setOverlay] = useState<Overlay>(null);
  const [pending, setPending] = useState<string | null>(null);
  const close = useCallback(() => setOverlay(null), []);

  useEffect(() => {
    // The palette opens at once when it is asked for: its code comes when the page is done with its own.
    const timer = setTimeout(() => void loadPalette(), PALETTE_PRELOAD_MS);
    return () => clearTimeout(timer);
  }, []);

  function toggleRail(): void {
    const folded = rail === 'folded' || (rail === 'auto' && matchMedia('(width < 1280px)').matches);
    const next = folded ? 'open' : 'folded';
    document.cookie = preferenceCookie('rail', next);
    setRail(next);
  }

  useFocusOfNewPage();
  useShortcutListener(setPending);
  useShortcuts([
    { keys: 'Mod+K', label: 'Search or run a command', group: 'General', run: () => setOverlay('palette') },
    { keys: '/', label: 'Go to the filter', group: 'General', run: focusFilter },
    { keys: '?', label: 'This list', group: 'General', run: () => setOverlay('shortcuts') },
    { keys: '[', label: 'Fold the navigation', group: 'General', run: toggleRail },
    {
      keys: 'Shift+D',
      label: 'Light or dark',
      group: 'General',
      run: () => preferences.setTheme(isDarkNow() ? 'light' : 'dark'),
    },
    { keys: 'c', label: 'Deploy a model', group: 'General', run: () => router.push('/endpoints/new') },
    ...NAVIGATION_ITEMS.map((item) => ({
      keys: item.keys,
      label: item.label,
      group: 'Go to',
      run: () => router.push(item.href),
    })),
  ]);

  return (
    <>
      <SkipLinks />
      <div data-rail={rail} className="lg:flex">
        <div className="w-(--size-rail) shrink-0 border-e border-line bg-raised folded:w-14 max-lg:hidden">
          <div className="sticky top-0 h-dvh">
            <Rail />
          </div>
        </div>
        <div className="min-w-0 flex-1">
          <TopBar
            user={user}
            onOpenNavigation={() => setOverlay('navigation')}
            onOpenPalette={() => setOverlay('palette')}
            onShowShortcuts={() => setOverlay('shortcuts')}
            onSignOut={() => void signOut()}
          />
          <main
            id="content"
            tabIndex={-1}
            className="mx-auto w-full max-w-content px-(--size-gutter) pt-5 pb-14 outline-none"
          >
            <ConnectionBanner />
            <ReaderContext value={user.email}>{children}</ReaderContext>
          </main>
        </div>
      </div>
      {overlay === 'palette' ? <CommandPalette onClose={close} /> : null}
      {overlay === 'shortcuts' ? <ShortcutSheet onClose={close} /> : null}
      {overlay === 'navigation' ? <NavigationDrawer onClose={close} /> : null}
      <PendingChord prefix={pending} />
      <SessionKeeper />
      <Toaster />
    </>
  );
}

/** A page that goes takes its focused control along: the keyboard then goes on in the new page, not at the top of the document. */
function useFocusOfNewPage(): void {
  const path = usePathname();
  const shown = useRef(path);
  useEffect(() => {
    if (shown.current === path) return;
    shown.current = path;
    // What kept its focus, as a tab does, or took it, as a field may, has it.
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('#content')?.focus({ preventScroll: true });
  }, [path]);
}

function SkipLinks() {
  return (
    <a
      href="#content"
      className="fixed start-2 top-2 z-60 -translate-y-16 rounded-md bg-overlay px-3 py-1.5 focus:translate-y-0 focus:shadow-pop"
    >
      Skip to content
    </a>
  );
}

/** Shows the first key of a chord while it waits for the second. */
function PendingChord({ prefix }: { prefix: string | null }) {
  if (prefix === null) return null;
  return (
    <div
      className="fixed end-4 bottom-4 z-60 rounded-md bg-overlay px-3 py-2 text-xs text-muted shadow-pop"
      role="status"
    >
      {printedKeys(prefix).join(' ')} then …
    </div>
  );
}

function focusFilter(): void {
  document.querySelector<HTMLElement>('[data-filter-field]')?.focus();
}

function isDarkNow(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
}
