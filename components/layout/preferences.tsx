'use client';

import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
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
  const [preferences, setPreferences] = useState(initial);

  useEffect(() => {
    const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (timeZone && timeZone !== preferences.timeZone) {
      document.cookie = preferenceCookie('timeZone', timeZone);
      setPreferences((current) => ({ ...current, timeZone }));
    }
  }, [preferences.timeZone]);

  const value = useMemo<PreferencesValue>(
    () => ({
      ...preferences,
      setTheme: (theme) => {
        document.cookie = preferenceCookie('theme', theme);
        document.documentElement.dataset.theme = theme;
        setPreferences((current) => ({ ...current, theme }));
      },
    }),
    [preferences],
  );
  return (
    <PreferencesContext value={value}>
      <I18nProvider locale={preferences.locale}>{children}</I18nProvider>
    </PreferencesContext>
  );
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
