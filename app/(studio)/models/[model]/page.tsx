import type { Metadata } from 'next';
import { ModelVersions } from './_components/model-versions.tsx';

interface ModelPageProps {
  params: Promise<{ model: string }>;
}

export async function generateMetadata({ params }: ModelPageProps): Promise<Metadata> {
  return { title: decodeURIComponent((await params).model) };
}

export default async function ModelPage({ params }: ModelPageProps) {
  const { model } = await params;
  return <ModelVersions model={decodeURIComponent(model)} />;
}
