import type { Metadata } from 'next';
import { VersionComparison } from './_components/version-comparison.tsx';

interface ComparePageProps {
  params: Promise<{ model: string }>;
}

export async function generateMetadata({ params }: ComparePageProps): Promise<Metadata> {
  const { model } = await params;
  return { title: `${decodeURIComponent(model)}, compared` };
}

export default async function ComparePage({ params }: ComparePageProps) {
  const { model } = await params;
  return <VersionComparison model={decodeURIComponent(model)} />;
}
