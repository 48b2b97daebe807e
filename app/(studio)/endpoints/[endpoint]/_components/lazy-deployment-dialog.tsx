'use client';

import { lazy, Suspense } from 'react';
import type { DeploymentDialogProps } from './deployment-dialog.tsx';

const Dialog = lazy(() => import('./deployment-dialog.tsx').then((module) => ({ default: module.DeploymentDialog })));

/** The dialog of a deployment, whose code comes when it is asked for. */
export function DeploymentDialog(props: DeploymentDialogProps) {
  return (
    <Suspense fallback={null}>
      <Dialog {...props} />
    </Suspense>
  );
}
