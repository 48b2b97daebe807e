'use client';

import { cloneElement, type ReactElement, type RefObject } from 'react';

export type OverlayPlacement = 'bottom start' | 'bottom end' | 'top start' | 'top end';

export interface TriggerProps {
  'aria-haspopup'?: 'menu' | 'dialog';
  'aria-expanded'?: boolean;
}

export interface OverlayTriggerProps {
  /** A button of the kit. */
  children: ReactElement<TriggerProps>;
  kind: 'menu' | 'dialog';
  isOpen: boolean;
  onOpen: () => void;
  /** The overlay is likely to be asked for: its code can be fetched. */
  onIntent: () => void;
  /** The button, for placing the overlay. */
  triggerRef: RefObject<HTMLElement | null>;
}

/**
 * A button that opens an overlay whose code comes when it is needed. Menus, popovers and dialogs are half of React Aria's weight, and most
 * pages are read without opening one.
 */
export function OverlayTrigger({ children, kind, isOpen, onOpen, onIntent, triggerRef }: OverlayTriggerProps) {
  function open(wrapper: HTMLElement): void {
    triggerRef.current = wrapper.firstElementChild as HTMLElement | null;
    onOpen();
  }
  return (
    <span
      className="contents"
      role="presentation"
      onPointerEnter={onIntent}
      onFocus={onIntent}
      onClick={(event) => open(event.currentTarget)}
      onKeyDown={(event) => {
        if (kind !== 'menu' || isOpen || (event.key !== 'ArrowDown' && event.key !== 'ArrowUp')) return;
        event.preventDefault();
        open(event.currentTarget);
      }}
    >
      {cloneElement(children, { 'aria-haspopup': kind, 'aria-expanded': isOpen })}
    </span>
  );
}
