/** How a person wants to see the studio. Kept in cookies, so that the server renders it at once and nothing flashes. */
export interface Preferences {
  theme: Theme;
  /** BCP 47, from the browser's `Accept-Language`. */
  locale: string;
  /** IANA name. */
  timeZone: string;
  /** `auto` folds the navigation on pages too narrow for both. */
  rail: RailState;
}

export const THEMES = ['light', 'dark', 'system'] as const;
export type Theme = (typeof THEMES)[number];

export const RAIL_STATES = ['auto', 'open', 'folded'] as const;
export type RailState = (typeof RAIL_STATES)[number];

export const PREFERENCE_COOKIES = {
  theme: 'viridian.theme',
  timeZone: 'viridian.time-zone',
  rail: 'viridian.rail',
} as const;

const YEAR_SECONDS = 31_536_000;

/** Text for `document.cookie`. */
export function preferenceCookie(name: keyof typeof PREFERENCE_COOKIES, value: string): string {
  return `${PREFERENCE_COOKIES[name]}=${encodeURIComponent(value)}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
}

/** Reads the preferences of a request; what is missing or malformed gets its default. */
export function readPreferences(
  cookie: (name: string) => string | undefined,
  acceptLanguage: string | null,
): Preferences {
  const theme = cookie(PREFERENCE_COOKIES.theme);
  return {
    theme: THEMES.find((one) => one === theme) ?? 'system',
    locale: firstLocale(acceptLanguage),
    timeZone: validTimeZone(cookie(PREFERENCE_COOKIES.timeZone)),
    rail: RAIL_STATES.find((one) => one === cookie(PREFERENCE_COOKIES.rail)) ?? 'auto',
  };
}

/** The first language that `Intl` knows; quality values only ever list them in falling order in browsers. */
function firstLocale(acceptLanguage: string | null): string {
  for (const part of (acceptLanguage ?? '').split(',')) {
    const tag = part.split(';')[0]?.trim() ?? '';
    if (tag === '' || tag === '*') continue;
    try {
      const [known] = Intl.NumberFormat.supportedLocalesOf(tag);
      if (known) return known;
    } catch {
      // Not a language tag: the next one may be.
    }
  }
  return 'en-US';
}

function validTimeZone(timeZone: string | undefined): string {
  try {
    return Intl.DateTimeFormat('en-US', { timeZone: timeZone ?? 'UTC' }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
