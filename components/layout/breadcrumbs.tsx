'use client';

import NextLink from 'next/link';
import { usePathname } from 'next/navigation';
import { crumbsOf } from './navigation.ts';

/** Where this page is; below 768 px only the page itself. */
export function Breadcrumbs() {
  const crumbs = crumbsOf(usePathname());
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-1.5">
        {crumbs.map((crumb, index) => {
          const last = index === crumbs.length - 1;
          return (
            <li
              key={crumb.href}
              className={last ? 'flex min-w-0 items-center gap-1.5' : 'flex items-center gap-1.5 max-md:hidden'}
            >
              {index > 0 ? (
                <span className="text-line-strong max-md:hidden" aria-hidden="true">
                  /
                </span>
              ) : null}
              {last ? (
                <span aria-current="page" className="truncate font-medium">
                  {crumb.label}
                </span>
              ) : (
                <NextLink
                  href={crumb.href}
                  className="py-1 whitespace-nowrap text-muted hover:text-text hover:underline"
                >
                  {crumb.label}
                </NextLink>
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
