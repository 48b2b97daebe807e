import type { Metadata } from 'next';
import { DeploymentWizard } from '#components/deployments/wizard/deployment-wizard.tsx';
import { sendPlannedRequest } from './actions.ts';

export const metadata: Metadata = { title: 'New endpoint' };

type Search = Promise<{ mode?: string; model?: string; source?: string }>;

export default async function NewEndpointPage({ searchParams }: { searchParams: Search }) {
  const { mode, model, source } = await searchParams;
  // A link with another model begins anew; without the key the form on the page would stay.
  const key = `${mode} ${model} ${source}`;
  return <DeploymentWizard key={key} endpoint={null} request={{ mode, model, source }} send={sendPlannedRequest} />;
}
