import { numberFormat } from './intl-cache.ts';

interface NumberSigns {
  decimal: string;
  group: string;
  /** The locale's ten digits, in order. */
  digits: string[];
}

const signsByLocale = new Map<string, NumberSigns>();

function signsOf(locale: string): NumberSigns {
  let signs = signsByLocale.get(locale);
  if (!signs) {
    const parts = numberFormat(locale, { useGrouping: true }).formatToParts(-1_234_567.8);
    const sign = (type: string) => parts.find((part) => part.type === type)?.value;
    const digits = [...numberFormat(locale, { useGrouping: false }).format(9_876_543_210)].toReversed();
    signs = { decimal: sign('decimal') ?? '.', group: sign('group') ?? ',', digits };
    signsByLocale.set(locale, signs);
  }
  return signs;
}

/**
 * Reads a number as people type it in a locale: its digits, its decimal sign, with or without grouping. A grouping sign that stands where no
 * group can end is taken for a decimal point, so that `1.5` is one and a half in German too.
 * @returns null where the text is no number
 */
export function parseLocaleNumber(text: string, locale: string): number | null {
  const { decimal, group, digits } = signsOf(locale);
  let plain = [...text.trim()].map((char) => (digits.includes(char) ? String(digits.indexOf(char)) : char)).join('');
  plain = plain.replaceAll(/[\s\u00a0\u202f\u2019']/g, '').replace('\u2212', '-');
  const groups = plain.split(group);
  const misplaced = groups.length === 2 && !plain.includes(decimal) && !/^\d{3}$/.test(groups[1] ?? '');
  plain = misplaced ? groups.join('.') : groups.join('').replace(decimal, '.');
  return /^-?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

export interface NumberBounds {
  min: number;
  max: number;
  step: number;
}

/** Decimals that a step needs: 0 for 1 and 64, 1 for 0.1. */
export function decimalsOf(step: number): number {
  const [, part = ''] = String(step).split('.');
  return part.length;
}

/** A typed value inside its bounds, with no more decimals than the step has. */
export function fitNumber(value: number, { min, max, step }: NumberBounds): number {
  return Number(Math.min(Math.max(value, min), max).toFixed(decimalsOf(step)));
}

/** The value so many steps further on. */
export function stepNumber(value: number, steps: number, bounds: NumberBounds): number {
  return fitNumber(value + steps * bounds.step, bounds);
}
