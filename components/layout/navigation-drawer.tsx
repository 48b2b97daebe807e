'use client';

import { Dialog } from 'react-aria-components/Dialog';
import { Modal, ModalOverlay } from 'react-aria-components/Modal';
import { Rail } from './rail.tsx';

/** The rail on small screens. */
export function NavigationDrawer({ onClose }: { onClose: () => void }) {
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(isOpen) => !isOpen && onClose()}
      className="fixed inset-0 z-50 bg-scrim"
    >
      <Modal className="h-full w-66 max-w-[80vw]">
        <Dialog aria-label="Navigation" className="h-full bg-raised shadow-dialog outline-none">
          <div data-rail="open" className="h-full">
            <Rail onNavigate={onClose} />
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
