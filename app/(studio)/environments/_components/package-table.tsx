'use client';

import { useState } from 'react';
import { Section } from '#components/ui/panel.tsx';
import { SearchField } from '#components/ui/search-field.tsx';
import type { EnvironmentBuild } from '#lib/contracts/environment.ts';

/** What a build found to be installed. */
export function PackageTable({ packages }: { packages: EnvironmentBuild['packages'] }) {
  const [search, setSearch] = useState('');
  const words = search.trim().toLowerCase();
  const shown = packages.filter(({ name }) => name.toLowerCase().includes(words));
  return (
    <Section
      title="Packages"
      count={packages.length}
      actions={
        <SearchField
          label="Filter packages"
          placeholder="Filter by name"
          value={search}
          onChange={setSearch}
          className="w-60 max-w-full"
        />
      }
    >
      {shown.length === 0 ? <p className="border-t border-line py-3 text-muted">None has this in its name.</p> : null}
      <ul aria-label="Packages" className="grid gap-x-8 font-mono text-xs sm:grid-cols-2 lg:grid-cols-3">
        {shown.map(({ name, version }) => (
          <li key={name} className="flex min-h-8 items-center gap-3 border-t border-line">
            <span className="min-w-0 flex-1 truncate">{name}</span>
            <span className="text-muted">{version}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
