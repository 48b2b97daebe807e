'use client';

import NextLink from 'next/link';
import { usePathname } from 'next/navigation';
import { cx } from '#components/ui/class-names.ts';
import { BrandMark } from './brand.tsx';
import { HealthLine } from './health-line.tsx';
import { isUnder, NAVIGATION } from './navigation.ts';

export interface RailProps {
  /** Called when a page was chosen: the drawer on small screens closes. */
  onNavigate?: () => void;
}

/** The main navigation: what can be done in this installation, and nothing that cannot. */
export function Rail({ onNavigate }: RailProps) {
  const pathname = usePathname();
  return (
    <nav aria-label="Main" className="flex h-full flex-col overflow-y-auto">
      <NextLink
        href="/"
        {...(onNavigate ? { onClick: onNavigate } : {})}
        className="flex h-(--size-top) shrink-0 items-center gap-[9px] px-4 text-[15px] font-semibold tracking-[-.015em] focus-visible:-outline-offset-2 folded:justify-center folded:px-0"
      >
        <BrandMark />
        <span className="folded:sr-only">Viridian</span>
      </NextLink>
      <div className="pt-1">
        {NAVIGATION.map((group) => (
          <div key={group.title}>
            <h2
              id={`rail-${group.title}`}
              className="px-2.5 py-1 text-2xs font-medium tracking-normal text-faint folded:sr-only"
            >
              {group.title}
            </h2>
            <ul aria-labelledby={`rail-${group.title}`} className="mb-3 px-2">
              {group.items.map(({ href, label, icon: Icon }) => (
                <li key={href}>
                  <NextLink
                    href={href}
                    {...(onNavigate ? { onClick: onNavigate } : {})}
                    title={label}
                    aria-current={isUnder(pathname, href) ? 'page' : undefined}
                    className={cx(
                      'relative flex h-7 items-center gap-2.5 rounded-md px-2.5 folded:justify-center folded:px-0 text-muted transition-colors hover:bg-fill hover:text-text max-lg:h-9',
                      'aria-[current]:bg-fill aria-[current]:font-medium aria-[current]:text-text aria-[current]:[&>svg]:text-accent',
                      "aria-[current]:before:absolute aria-[current]:before:-start-2 aria-[current]:before:inset-y-1.25 aria-[current]:before:w-0.5 aria-[current]:before:rounded-e-xs aria-[current]:before:bg-accent aria-[current]:before:content-['']",
                    )}
                  >
                    <Icon size={16} aria-hidden="true" />
                    <span className="folded:sr-only">{label}</span>
                  </NextLink>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <HealthLine />
    </nav>
  );
}
