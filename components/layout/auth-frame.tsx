import type { ReactNode } from 'react';
import { BrandMark } from './brand.tsx';

/** Ticks of the ruler: every hundredth, longer at every fifth and tenth. */
const TICKS = Array.from({ length: 101 }, (_, index) => index);

export interface AuthFrameProps {
  children: ReactNode;
  footer: ReactNode;
  footerEnd?: ReactNode;
  /** Where the needle stands on the ruler, 0 to 100: how far along this is. */
  needle: number;
  align?: 'center' | 'top';
}

/** Frame of the pages before the studio: mark, content, and a ruler whose needle moves with the steps. */
export function AuthFrame({ children, footer, footerEnd, needle, align = 'center' }: AuthFrameProps) {
  return (
    <div className="grid min-h-dvh grid-rows-[auto_1fr_auto]">
      <header className="flex items-center gap-[9px] px-7 py-5 text-[15px] font-semibold tracking-[-.015em] max-md:px-4">
        <BrandMark />
        Viridian
      </header>
      <main
        className={
          align === 'center' ? 'grid place-items-center px-4 pb-16' : 'grid justify-items-center px-4 pt-2 pb-12'
        }
      >
        {children}
      </main>
      <footer className="relative h-22 overflow-hidden">
        <p className="absolute inset-x-7 top-0 flex justify-between text-xs text-faint max-md:inset-x-4">
          <span>{footer}</span>
          <span className="max-md:hidden">{footerEnd}</span>
        </p>
        <svg
          className="absolute inset-x-0 bottom-0 h-7 w-full text-line-strong"
          preserveAspectRatio="none"
          viewBox="0 0 1000 40"
          aria-hidden="true"
        >
          <path
            d={TICKS.map((tick) => `M${tick * 10} 40V${tick % 10 === 0 ? 8 : tick % 5 === 0 ? 24 : 32}`).join('')}
            stroke="currentColor"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
        <span
          className="absolute bottom-0 h-[46px] border-s-2 border-accent transition-[inset-inline-start] duration-200"
          style={{ insetInlineStart: `${needle}%` }}
        />
      </footer>
    </div>
  );
}
