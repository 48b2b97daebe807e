'use client';

import type { ReactElement, ReactNode } from 'react';
import { Tooltip as AriaTooltip, TooltipTrigger } from 'react-aria-components/Tooltip';

export interface TooltipProps {
  text: ReactNode;
  /** A focusable React Aria element. */
  children: ReactElement;
  placement?: 'top' | 'bottom' | 'start' | 'end';
}

/** A word more about a control, on hover and on focus. Nothing that matters may live only here. */
export function Tooltip({ text, children, placement = 'top' }: TooltipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80}>
      {children}
      <AriaTooltip
        placement={placement}
        offset={6}
        className="z-50 max-w-72 rounded-md bg-overlay px-2.5 py-1.5 text-xs shadow-pop"
      >
        {text}
      </AriaTooltip>
    </TooltipTrigger>
  );
}
