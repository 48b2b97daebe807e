import type { Metadata } from 'next';
import { EnvironmentVersions } from '../_components/environment-versions.tsx';

interface EnvironmentPageProps {
  params: Promise<{ environment: string }>;
}

export async function generateMetadata({ params }: EnvironmentPageProps): Promise<Metadata> {
  return { title: decodeURIComponent((await params).environment) };
}

export default async function EnvironmentPage({ params }: EnvironmentPageProps) {
  const { environment } = await params;
  return <EnvironmentVersions environment={decodeURIComponent(environment)} />;
}
