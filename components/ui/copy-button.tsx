'use client';

import { Check, Copy } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { ButtonSize, ButtonVariant } from './button-classes.ts';
import { Button } from './button.tsx';
import { IconButton } from './icon-button.tsx';
import { toast } from './toast.tsx';

export interface CopyButtonProps {
  text: string;
  /** Words on the button; without them it is an icon named by `label`. */
  children?: ReactNode;
  label?: string;
  variant?: ButtonVariant;
  size?: ButtonSize;
}

const SHOWN_MS = 1_600;

export function CopyButton({ text, children, label = 'Copy', variant = 'quiet', size = 'sm' }: CopyButtonProps) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copied]);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      toast({
        tone: 'danger',
        text: 'Not copied: the browser keeps the clipboard from pages without HTTPS. Select the text instead.',
      });
    }
  }

  const icon = copied ? (
    <Check size={14} className="text-success" aria-hidden="true" />
  ) : (
    <Copy size={14} aria-hidden="true" />
  );
  const common = { variant, size, icon, onPress: () => void copy() };
  return (
    <>
      {children ? (
        <Button {...common}>{copied ? 'Copied' : children}</Button>
      ) : (
        <IconButton {...common} label={label} />
      )}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </>
  );
}
