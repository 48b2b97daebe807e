'use client';

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import type { TimeStyle } from '#lib/format/time.ts';
import { type Preferences, type Theme, preferenceCookie } from '#lib/format/preferences.ts';

interface PreferencesValue extends Preferences {
  setTheme: (theme: Theme) => void;
}

const PreferencesContext = createContext<PreferencesValue | null>(null);

/**
 * Theme, locale and time zone as the server knew them, so that the first render agrees with it. The browser's own zone is then told to the
 * server by cookie; where it differs, the page is printed anew after hydration.
 */
export function PreferencesProvider({ initial, children }: { initial: Preferences; children: ReactNode }) {
  const [theme, setTheme] = useState(initial.theme);
  const timeZone = useSyncExternalStore(subscribeToNothing, browserTimeZone, () => initial.timeZone);

  useEffect(() => {
    if (timeZone !== initial.timeZone) document.cookie = preferenceCookie('timeZone', timeZone);
  }, [timeZone, initial.timeZone]);

  const value = useMemo<PreferencesValue>(
    () => ({
      ...initial,
      timeZone,
      theme,
      setTheme: (next) => {
        document.cookie = preferenceCookie('theme', next);
        document.documentElement.dataset.theme = next;
        setTheme(next);
      },
    }),
    [initial, timeZone, theme],
  );
  return (
    <PreferencesContext value={value}>
      <I18nProvider locale={initial.locale}>{children}</I18nProvider>
    </PreferencesContext>
  );
}

/** The zone of the computer does not change while a page is open. */
function subscribeToNothing(): () => void {
  return () => {};
}

function browserTimeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}

export function usePreferences(): PreferencesValue {
  const value = useContext(PreferencesContext);
  if (!value) throw new Error('usePreferences needs a PreferencesProvider above it.');
  return value;
}

/** Locale and zone for the functions in lib/format. */
export function useTimeStyle(): TimeStyle {
  const { locale, timeZone } = usePreferences();
  return useMemo(() => ({ locale, timeZone }), [locale, timeZone]);
}
