'use client';

import { useRouter } from 'next/navigation';
import { Age } from '#components/layout/age.tsx';
import { useShortcuts } from '#components/layout/use-shortcuts.ts';
import { usePreferences } from '#components/layout/preferences.tsx';
import { StatusMark } from '#components/ui/chip.tsx';
import { KeyHint } from '#components/ui/key-hint.tsx';
import { ButtonLink } from '#components/ui/link.tsx';
import { Section } from '#components/ui/panel.tsx';
import { figureText } from '#lib/format/figure.ts';
import { formatHourlyRateInProse } from '#lib/format/money.ts';
import type { AttentionItem } from './attention.ts';

const MAX_KEYS = 9;

/** What needs somebody, each with the verb that leads to the fix; the digits open them. */
export function AttentionList({ items, currency }: { items: readonly AttentionItem[]; currency: string }) {
  const router = useRouter();
  const { locale } = usePreferences();
  const keyed = items.slice(0, MAX_KEYS);
  useShortcuts(
    keyed.map((item, index) => ({
      keys: String(index + 1),
      label: `${item.subject}: ${item.action.label}`,
      group: 'Needs attention',
      run: () => router.push(item.action.href),
    })),
  );
  if (items.length === 0) return null;
  return (
    <Section
      title="Needs attention"
      count={items.length}
      actions={
        <span className="flex items-center gap-1 text-xs text-muted max-md:hidden">
          Press <KeyHint keys={['1']} />
          {keyed.length > 1 ? (
            <>
              – <KeyHint keys={[String(keyed.length)]} />
            </>
          ) : null}
          to open
        </span>
      }
    >
      <ul className="border-t border-line">
        {items.map((item, index) => (
          <li
            key={item.id}
            className="grid min-h-11 grid-cols-[18px_16px_minmax(0,1fr)_auto_auto] items-center gap-x-3 border-b border-line py-1.5 max-md:grid-cols-[16px_minmax(0,1fr)_auto] max-md:items-start max-md:gap-y-2 max-md:py-3"
          >
            <span className="max-md:hidden">{index < MAX_KEYS ? <KeyHint keys={[String(index + 1)]} /> : null}</span>
            <span className="max-md:mt-0.5">
              <StatusMark status={item.mark} size={16} />
            </span>
            <span className="min-w-0">
              <b className="font-medium">{item.subject}</b> {item.text}
              {item.costMicrosPerHour === null
                ? null
                : ` ${figureText(formatHourlyRateInProse(item.costMicrosPerHour, currency, locale))}`}
            </span>
            <span className="text-xs leading-5 text-faint">
              {item.at === null ? null : <Age at={item.at} as="when" />}
            </span>
            <span className="justify-self-end max-md:col-start-2 max-md:justify-self-start md:min-w-36 md:text-end">
              <ButtonLink size="sm" href={item.action.href}>
                {item.action.label}
              </ButtonLink>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
