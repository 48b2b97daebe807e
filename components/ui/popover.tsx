'use client';

import { lazy, type ReactElement, type ReactNode, Suspense, useRef, useState } from 'react';
import type { OverlayPlacement } from './overlay-trigger.tsx';
import { OverlayTrigger, type TriggerProps } from './overlay-trigger.tsx';

const loadPopup = () => import('./popover-popup.tsx');
const PopoverPopup = lazy(() => loadPopup().then((module) => ({ default: module.PopoverPopup })));

export interface PopoverProps {
  label: string;
  /** The button that opens it. */
  trigger: ReactElement<TriggerProps>;
  /** Content, or a function that gets what closes it. */
  children: ReactNode | ((close: () => void) => ReactNode);
  placement?: OverlayPlacement;
  className?: string;
}

export function Popover({ label, trigger, children, placement = 'bottom end', className }: PopoverProps) {
  const triggerRef = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <OverlayTrigger
        kind="dialog"
        isOpen={isOpen}
        onOpen={() => setOpen(true)}
        onIntent={() => void loadPopup()}
        triggerRef={triggerRef}
      >
        {trigger}
      </OverlayTrigger>
      {isOpen ? (
        <Suspense fallback={null}>
          <PopoverPopup
            label={label}
            placement={placement}
            triggerRef={triggerRef}
            onClose={close}
            className={className}
          >
            {typeof children === 'function' ? children(close) : children}
          </PopoverPopup>
        </Suspense>
      ) : null}
    </>
  );
}
