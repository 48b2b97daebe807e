'use client';

import { type ReactElement, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { createPortal } from 'react-dom';

export interface TooltipProps {
  text: ReactNode;
  /** One focusable element. */
  children: ReactElement;
  /** Off where the text is the element's name already. */
  describes?: boolean;
}

interface Anchor {
  x: number;
  top: number;
  bottom: number;
}

const DELAY_MS = 500;
const GAP_PX = 6;
const EDGE_PX = 8;
/** Below this there is no room above the element, and the tooltip goes under it. */
const ROOM_PX = 40;

/**
 * A word more about a control, on hover and on keyboard focus; Escape hides it. Nothing that matters may live only here. Ours, because
 * React Aria's tooltip brings the whole overlay machinery to every page that has one icon button.
 */
export function Tooltip({ text, children, describes = true }: TooltipProps) {
  const wrapper = useRef<HTMLSpanElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const id = useId();
  const [anchor, setAnchor] = useState<Anchor | null>(null);

  function show(): void {
    const box = wrapper.current?.firstElementChild?.getBoundingClientRect();
    if (box) setAnchor({ x: box.left + box.width / 2, top: box.top, bottom: box.bottom });
  }
  function hide(): void {
    clearTimeout(timer.current);
    setAnchor(null);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const target = wrapper.current?.firstElementChild;
    if (!describes || !target || anchor === null) return;
    target.setAttribute('aria-describedby', id);
    return () => target.removeAttribute('aria-describedby');
  }, [anchor, describes, id]);

  return (
    <span
      ref={wrapper}
      className="contents"
      role="presentation"
      onPointerEnter={(event) => {
        if (event.pointerType === 'mouse') timer.current = setTimeout(show, DELAY_MS);
      }}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(':focus-visible') && show()}
      onBlur={hide}
      onKeyDown={(event) => event.key === 'Escape' && hide()}
    >
      {children}
      {anchor === null ? null : createPortal(<TooltipBox id={id} anchor={anchor} text={text} />, document.body)}
    </span>
  );
}

function TooltipBox({ id, anchor, text }: { id: string; anchor: Anchor; text: ReactNode }) {
  const above = anchor.top > ROOM_PX;
  return (
    <div
      id={id}
      role="tooltip"
      className="pointer-events-none fixed z-50 w-max max-w-72 rounded-md bg-overlay px-2.5 py-1.5 text-xs shadow-pop"
      style={{
        left: anchor.x,
        top: above ? anchor.top - GAP_PX : anchor.bottom + GAP_PX,
        // Centred, but never past either edge of the page.
        transform: `translate(max(${EDGE_PX - anchor.x}px, min(-50%, ${innerWidth - EDGE_PX - anchor.x}px - 100%)), ${above ? '-100%' : '0'})`,
      }}
    >
      {text}
    </div>
  );
}
