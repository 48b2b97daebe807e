'use client';

import { CircleQuestionMark, Menu as MenuIcon, Search } from 'lucide-react';
import { Pressable } from '#components/ui/button.tsx';
import { IconButton } from '#components/ui/icon-button.tsx';
import { KeyHint } from '#components/ui/key-hint.tsx';
import { Breadcrumbs } from './breadcrumbs.tsx';
import { RunningOperations } from './running-operations.tsx';
import { UserMenu } from './user-menu.tsx';

export interface TopBarProps {
  user: { name: string; email: string };
  onOpenNavigation: () => void;
  onOpenPalette: () => void;
  onShowShortcuts: () => void;
  onSignOut: () => void;
}

export function TopBar({ user, onOpenNavigation, onOpenPalette, onShowShortcuts, onSignOut }: TopBarProps) {
  return (
    <header className="sticky top-0 z-20 flex h-(--size-top) items-center gap-2 border-b border-line bg-page px-(--size-gutter) max-md:gap-1">
      <IconButton
        label="Open navigation"
        tooltip={false}
        className="-ms-2 lg:hidden"
        icon={<MenuIcon size={16} aria-hidden="true" />}
        onPress={onOpenNavigation}
      />
      <Breadcrumbs />
      <span className="flex-1" />
      <Pressable
        aria-keyshortcuts="Control+K"
        onPress={onOpenPalette}
        className="flex h-7 w-62 items-center gap-2 rounded-md border border-line bg-raised ps-2.25 pe-1.5 text-xs text-faint transition-colors hover:border-line-strong hover:text-muted max-md:size-9 max-md:justify-center max-md:border-transparent max-md:bg-transparent max-md:p-0 max-md:text-muted"
      >
        <Search size={14} aria-hidden="true" />
        <span className="max-md:sr-only">Search or run a command</span>
        <span className="ms-auto max-md:hidden">
          <KeyHint keys={['Ctrl', 'K']} />
        </span>
      </Pressable>
      <RunningOperations />
      <IconButton
        label="Keyboard shortcuts"
        size="sm"
        className="max-md:hidden"
        icon={<CircleQuestionMark size={16} aria-hidden="true" />}
        onPress={onShowShortcuts}
      />
      <UserMenu user={user} onShowShortcuts={onShowShortcuts} onSignOut={onSignOut} />
    </header>
  );
}
