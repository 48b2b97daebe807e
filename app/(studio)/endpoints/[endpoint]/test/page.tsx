import type { Metadata } from 'next';
import { TestView } from './_components/test-view.tsx';

export const metadata: Metadata = { title: 'Test' };

export default async function TestPage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <TestView name={endpoint} />;
}
