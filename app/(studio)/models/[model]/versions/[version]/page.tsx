import type { Metadata } from 'next';
import { ModelVersionView } from './_components/model-version-view.tsx';

interface ModelVersionPageProps {
  params: Promise<{ model: string; version: string }>;
}

export async function generateMetadata({ params }: ModelVersionPageProps): Promise<Metadata> {
  const { model, version } = await params;
  return { title: `${decodeURIComponent(model)} ${decodeURIComponent(version)}` };
}

export default async function ModelVersionPage({ params }: ModelVersionPageProps) {
  const { model, version } = await params;
  return <ModelVersionView model={decodeURIComponent(model)} version={decodeURIComponent(version)} />;
}
