'use client';

import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog } from '#components/ui/dialog.tsx';
import { KeyHint } from '#components/ui/key-hint.tsx';
import { Switch } from '#components/ui/switch.tsx';
import { printedKeys } from './shortcuts.ts';
import { activeShortcuts, setSingleKeysEnabled, singleKeysEnabled } from './use-shortcuts.ts';

/** Every shortcut that works on the page it was opened from. */
export function ShortcutSheet({ onClose }: { onClose: () => void }) {
  const [shortcuts] = useState(activeShortcuts);
  const [enabled, setEnabled] = useState(singleKeysEnabled);
  const groups = [...new Set(shortcuts.map((shortcut) => shortcut.group))];
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Keyboard shortcuts"
      size="md"
      footerStart={
        <Switch
          isSelected={enabled}
          onChange={(next) => {
            setEnabled(next);
            setSingleKeysEnabled(next);
          }}
        >
          Shortcuts without Ctrl
        </Switch>
      }
      footer={
        <Button autoFocus onPress={onClose}>
          Close
        </Button>
      }
    >
      <div className="grid gap-x-8 gap-y-5 md:grid-cols-2">
        {groups.map((group) => (
          <section key={group}>
            <h3 className="mb-1 text-xs font-medium text-faint">{group}</h3>
            <ul>
              {shortcuts
                .filter((shortcut) => shortcut.group === group)
                .map((shortcut) => (
                  <li
                    key={`${shortcut.keys} ${shortcut.label}`}
                    className="flex min-h-7 items-center justify-between gap-3"
                  >
                    {shortcut.label}
                    <span>
                      <KeyHint keys={printedKeys(shortcut.keys)} always />
                      <span className="sr-only">{printedKeys(shortcut.keys).join(' ')}</span>
                    </span>
                  </li>
                ))}
            </ul>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
