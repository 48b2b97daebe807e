'use client';

import { CircleUser, Keyboard, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import type { Theme } from '#lib/format/preferences.ts';
import { IconButton } from '#components/ui/icon-button.tsx';
import { Menu } from '#components/ui/menu.tsx';
import { usePreferences } from './preferences.tsx';

const THEME_ENTRIES: readonly { id: Theme; label: string; icon: typeof Sun }[] = [
  { id: 'light', label: 'Light', icon: Sun },
  { id: 'dark', label: 'Dark', icon: Moon },
  { id: 'system', label: 'As the system', icon: Monitor },
];

export interface UserMenuProps {
  user: { name: string; email: string };
  onShowShortcuts: () => void;
  onSignOut: () => void;
}

export function UserMenu({ user, onShowShortcuts, onSignOut }: UserMenuProps) {
  const { theme, setTheme } = usePreferences();
  return (
    <Menu
      label="Your account"
      groups={[
        {
          id: 'theme',
          title: 'Theme',
          entries: THEME_ENTRIES.map(({ id, label, icon: Icon }) => ({
            id,
            label,
            icon: <Icon size={14} aria-hidden="true" />,
            isCurrent: theme === id,
            onAction: () => setTheme(id),
          })),
        },
        {
          id: 'account',
          title: user.email,
          entries: [
            {
              id: 'shortcuts',
              label: 'Keyboard shortcuts',
              icon: <Keyboard size={14} aria-hidden="true" />,
              keys: ['?'],
              onAction: onShowShortcuts,
            },
            {
              id: 'sign-out',
              label: 'Sign out',
              icon: <LogOut size={14} aria-hidden="true" />,
              description: user.name,
              onAction: onSignOut,
            },
          ],
        },
      ]}
    >
      <IconButton label="Your account" tooltip={false} size="sm" icon={<CircleUser size={16} aria-hidden="true" />} />
    </Menu>
  );
}
