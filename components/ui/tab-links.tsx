'use client';

import NextLink from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';

export interface TabLink {
  href: string;
  label: ReactNode;
  /** A figure or chip after the word. */
  badge?: ReactNode;
}

/** Tabs whose views are pages of their own: links, so that each has an address. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly TabLink[] }) {
  const pathname = usePathname();
  const current = currentTab(
    pathname,
    tabs.map((tab) => tab.href),
  );
  return (
    <nav aria-label={label} className="flex gap-5 overflow-x-auto overflow-y-hidden">
      {tabs.map((tab) => (
        <NextLink
          key={tab.href}
          href={tab.href}
          aria-current={tab.href === current ? 'page' : undefined}
          className="-mb-px inline-flex h-9 items-center gap-1.5 border-b-2 border-transparent px-px whitespace-nowrap text-muted hover:border-line-strong hover:text-text focus-visible:-outline-offset-2 aria-[current]:border-accent aria-[current]:font-medium aria-[current]:text-text"
        >
          {tab.label}
          {tab.badge}
        </NextLink>
      ))}
    </nav>
  );
}

/** The longest tab address that the path lies under. */
export function currentTab(pathname: string, hrefs: readonly string[]): string | undefined {
  return hrefs
    .filter((href) => pathname === href || pathname.startsWith(`${href}/`))
    .toSorted((a, b) => b.length - a.length)[0];
}
