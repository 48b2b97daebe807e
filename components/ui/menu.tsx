'use client';

import { lazy, type ReactElement, Suspense, useRef, useState } from 'react';
import type { MenuGroup } from './menu-popup.tsx';
import { type OverlayPlacement, OverlayTrigger, type TriggerProps } from './overlay-trigger.tsx';

const loadPopup = () => import('./menu-popup.tsx');
const MenuPopup = lazy(() => loadPopup().then((module) => ({ default: module.MenuPopup })));

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
