'use client';

import { useRouter } from 'next/navigation';
import type { ReactNode, RefObject } from 'react';
import { RouterProvider } from 'react-aria-components';
import { Header } from 'react-aria-components/Header';
import { Menu as AriaMenu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Separator } from 'react-aria-components/Separator';
import { cx } from './class-names.ts';
import { OPTION_CLASSES, OPTION_GROUP_CLASSES, POPOVER_CLASSES } from './field-classes.ts';
import { KeyHint } from './key-hint.tsx';
import type { OverlayPlacement } from './overlay-trigger.tsx';

export interface MenuEntry {
  id: string;
  label: string;
  icon?: ReactNode;
  /** Second line: why it is off, or what it will do. */
  description?: string;
  keys?: readonly string[];
  href?: string;
  onAction?: () => void;
  isDisabled?: boolean;
  isDangerous?: boolean;
  /** A check mark: the current choice of a group. */
  isCurrent?: boolean;
}

export interface MenuGroup {
  id: string;
  title?: string;
  entries: readonly MenuEntry[];
}

export interface MenuPopupProps {
  label: string;
  groups: readonly MenuGroup[];
  placement: OverlayPlacement;
  triggerRef: RefObject<HTMLElement | null>;
  onClose: () => void;
}

/** The open menu. Its own module, because it comes only when a menu is asked for. */
export function MenuPopup({ label, groups, placement, triggerRef, onClose }: MenuPopupProps) {
  const router = useRouter();
  return (
    <RouterProvider navigate={(href) => router.push(href)}>
      <Popover
        isOpen
        onOpenChange={(isOpen) => !isOpen && onClose()}
        aria-label={label}
        triggerRef={triggerRef}
        placement={placement}
        offset={4}
        className={cx(POPOVER_CLASSES, 'min-w-50')}
      >
        <AriaMenu aria-label={label} autoFocus="first" onClose={onClose} className="outline-none">
          {groups.flatMap((group, index) => [
            index > 0 ? <Separator key={`${group.id}-rule`} className="my-1 h-px bg-line" /> : null,
            <MenuSection key={group.id} aria-label={group.title ?? label}>
              {group.title ? <Header className={OPTION_GROUP_CLASSES}>{group.title}</Header> : null}
              {group.entries.map((entry) => (
                <MenuRow key={entry.id} entry={entry} />
              ))}
            </MenuSection>,
          ])}
        </AriaMenu>
      </Popover>
    </RouterProvider>
  );
}

function MenuRow({ entry }: { entry: MenuEntry }) {
  return (
    <MenuItem
      id={entry.id}
      textValue={entry.label}
      isDisabled={entry.isDisabled ?? false}
      {...(entry.onAction ? { onAction: entry.onAction } : {})}
      {...(entry.href === undefined ? {} : { href: entry.href })}
      className={cx(OPTION_CLASSES, entry.isDangerous && !entry.isDisabled && 'text-danger')}
    >
      {entry.icon ? (
        <span className={cx('grid w-4 place-items-center', !entry.isDangerous && 'text-muted')}>{entry.icon}</span>
      ) : null}
      <span className="grid min-w-0">
        <span className="truncate">{entry.label}</span>
        {entry.description ? <span className="text-2xs text-faint">{entry.description}</span> : null}
      </span>
      <span className="ms-auto flex items-center gap-2 ps-4">
        {entry.isCurrent ? <span className="size-1.5 rounded-full bg-accent" role="img" aria-label="current" /> : null}
        {entry.keys ? <KeyHint keys={entry.keys} /> : null}
      </span>
    </MenuItem>
  );
}
