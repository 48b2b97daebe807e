import type { Metadata } from 'next';
import { EnvironmentVersionView } from '../../../_components/environment-version-view.tsx';

interface VersionPageProps {
  params: Promise<{ environment: string; version: string }>;
}

export async function generateMetadata({ params }: VersionPageProps): Promise<Metadata> {
  const { environment, version } = await params;
  return { title: `${decodeURIComponent(environment)}, version ${decodeURIComponent(version)}` };
}

export default async function EnvironmentVersionPage({ params }: VersionPageProps) {
  const { environment, version } = await params;
  return <EnvironmentVersionView environment={decodeURIComponent(environment)} version={decodeURIComponent(version)} />;
}
