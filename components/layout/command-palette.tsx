'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus, Search, Waypoints } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete';
import { Dialog } from 'react-aria-components/Dialog';
import { Header } from 'react-aria-components/Header';
import { Input } from 'react-aria-components/Input';
import { Menu, MenuItem, MenuSection } from 'react-aria-components/Menu';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { SearchField } from 'react-aria-components/SearchField';
import { endpointsQuery } from '#lib/queries/endpoints.ts';
import { modelsQuery } from '#lib/queries/models.ts';
import { cx } from '#components/ui/class-names.ts';
import { OPTION_CLASSES, OPTION_GROUP_CLASSES } from '#components/ui/field-classes.ts';
import { KeyHint } from '#components/ui/key-hint.tsx';
import { NAVIGATION_ITEMS } from './navigation.ts';
import { printedKeys } from './shortcuts.ts';

interface Command {
  id: string;
  label: string;
  icon: React.ReactNode;
  href: string;
  keys?: string;
}

interface CommandGroup {
  title: string;
  commands: readonly Command[];
}

const ICON_SIZE = 14;

/** Everything that can be gone to, by typing. Opens without animation; the first Escape clears the text, the second closes. */
export function CommandPalette({ onClose }: { onClose: () => void }) {
  const router = useRouter();
  const { contains } = useFilter({ sensitivity: 'base' });
  const groups = useCommandGroups();
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => !isOpen && onClose()}
      className="fixed inset-0 z-50 flex items-start justify-center bg-scrim px-4 pt-[12vh]"
    >
      <Modal className="w-full max-w-160">
        <Dialog
          aria-label="Search or run a command"
          className="overflow-hidden rounded-[10px] bg-overlay shadow-dialog outline-none"
        >
          <Autocomplete filter={contains}>
            <SearchField
              aria-label="Search or run a command"
              autoFocus
              className="relative flex items-center border-b border-line"
            >
              <Search size={16} className="absolute start-3.5 text-faint" aria-hidden="true" />
              <Input
                placeholder="Search or run a command"
                className="h-11 w-full bg-transparent ps-10 pe-4 text-base outline-none [&::-webkit-search-cancel-button]:hidden"
              />
            </SearchField>
            <Menu
              aria-label="Commands"
              className="max-h-[52vh] overflow-y-auto p-1 outline-none"
              renderEmptyState={() => <p className="px-2.5 py-4 text-muted">Nothing of that name.</p>}
              onAction={(key) => {
                const command = groups.flatMap((group) => group.commands).find((one) => one.id === key);
                onClose();
                if (command) router.push(command.href);
              }}
            >
              {groups.map((group) => (
                <MenuSection key={group.title} aria-label={group.title}>
                  <Header className={OPTION_GROUP_CLASSES}>{group.title}</Header>
                  {group.commands.map((command) => (
                    <MenuItem
                      key={command.id}
                      id={command.id}
                      textValue={command.label}
                      className={cx(OPTION_CLASSES, 'min-h-8')}
                    >
                      <span className="text-muted">{command.icon}</span>
                      <span className="truncate">{command.label}</span>
                      {command.keys ? (
                        <span className="ms-auto">
                          <KeyHint keys={printedKeys(command.keys)} />
                        </span>
                      ) : null}
                    </MenuItem>
                  ))}
                </MenuSection>
              ))}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function useCommandGroups(): CommandGroup[] {
  const endpoints = useQuery(endpointsQuery()).data ?? [];
  const models = useQuery(modelsQuery()).data ?? [];
  const groups: CommandGroup[] = [
    {
      title: 'Do',
      commands: [
        {
          id: 'new',
          label: 'Deploy a model',
          href: '/endpoints/new',
          icon: <Plus size={ICON_SIZE} aria-hidden="true" />,
        },
      ],
    },
    {
      title: 'Go to',
      commands: NAVIGATION_ITEMS.map(({ href, label, keys, icon: Icon }) => ({
        id: `page ${href}`,
        label,
        href,
        keys,
        icon: <Icon size={ICON_SIZE} aria-hidden="true" />,
      })),
    },
    {
      title: 'Endpoints',
      commands: endpoints.map(({ name }) => ({
        id: `endpoint ${name}`,
        label: name,
        href: `/endpoints/${encodeURIComponent(name)}`,
        icon: <Waypoints size={ICON_SIZE} aria-hidden="true" />,
      })),
    },
    {
      title: 'Models',
      commands: models.map(({ name }) => ({
        id: `model ${name}`,
        label: name,
        href: `/models/${encodeURIComponent(name)}`,
        icon: <ModelIcon />,
      })),
    },
  ];
  return groups.filter((group) => group.commands.length > 0);
}

function ModelIcon() {
  const Icon = NAVIGATION_ITEMS.find((item) => item.href === '/models')?.icon ?? Waypoints;
  return <Icon size={ICON_SIZE} aria-hidden="true" />;
}
