import type { Metadata } from 'next';
import { DeploymentWizard } from '#components/deployments/wizard/deployment-wizard.tsx';
import { sendPlannedRequest } from '../../../../new/actions.ts';

interface NewDeploymentPageProps {
  params: Promise<{ endpoint: string }>;
  searchParams: Promise<{ model?: string; source?: string; from?: string; focus?: string }>;
}

export async function generateMetadata({ params, searchParams }: NewDeploymentPageProps): Promise<Metadata> {
  const [{ endpoint }, { from }] = await Promise.all([params, searchParams]);
  return { title: `${from === undefined ? 'New deployment' : `Edit ${from}`} · ${endpoint}` };
}

export default async function NewDeploymentPage({ params, searchParams }: NewDeploymentPageProps) {
  const [{ endpoint }, { model, source, from, focus }] = await Promise.all([params, searchParams]);
  // A link with another request begins anew; without the key the form on the page would stay.
  const key = `${endpoint} ${model} ${source} ${from}`;
  return (
    <DeploymentWizard
      key={key}
      endpoint={endpoint}
      request={{ model, source, from, focus }}
      send={sendPlannedRequest}
    />
  );
}
