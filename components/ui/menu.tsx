'use client';

import { lazy, type ReactElement, type ReactNode, Suspense, useRef, useState } from 'react';
import { OverlayTrigger, type TriggerProps } from './overlay-trigger.tsx';

const loadPopup = () => import('./menu-popup.tsx');
const MenuPopup = lazy(() => loadPopup().then((module) => ({ default: module.MenuPopup })));

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

export type OverlayPlacement = 'bottom start' | 'bottom end' | 'top start' | 'top end';

export interface MenuProps {
  label: string;
  groups: readonly MenuGroup[];
  /** The button that opens it. */
  children: ReactElement<TriggerProps>;
  placement?: OverlayPlacement;
}

export function Menu({ label, groups, children, placement = 'bottom end' }: MenuProps) {
  const triggerRef = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <OverlayTrigger
        kind="menu"
        isOpen={isOpen}
        onOpen={() => setOpen(true)}
        onIntent={() => void loadPopup()}
        triggerRef={triggerRef}
      >
        {children}
      </OverlayTrigger>
      {isOpen ? (
        <Suspense fallback={null}>
          <MenuPopup
            label={label}
            groups={groups}
            placement={placement}
            triggerRef={triggerRef}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      ) : null}
    </>
  );
}
