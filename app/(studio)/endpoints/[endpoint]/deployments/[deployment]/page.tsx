import type { Metadata } from 'next';
import { DeploymentView } from './_components/deployment-view.tsx';

interface DeploymentRouteProps {
  params: Promise<{ endpoint: string; deployment: string }>;
}

export async function generateMetadata({ params }: DeploymentRouteProps): Promise<Metadata> {
  return { title: (await params).deployment };
}

export default async function DeploymentRoute({ params }: DeploymentRouteProps) {
  const { endpoint, deployment } = await params;
  return <DeploymentView endpoint={endpoint} name={deployment} />;
}
