import type { Metadata } from 'next';
import { EnvironmentForm } from '../_components/environment-form.tsx';

export const metadata: Metadata = { title: 'New environment version' };

interface NewEnvironmentPageProps {
  searchParams: Promise<{ name?: string }>;
}

export default async function NewEnvironmentPage({ searchParams }: NewEnvironmentPageProps) {
  const { name = null } = await searchParams;
  return <EnvironmentForm name={name} />;
}
