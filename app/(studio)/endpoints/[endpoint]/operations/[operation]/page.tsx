import type { Metadata } from 'next';
import { OperationView } from './_components/operation-view.tsx';

export const metadata: Metadata = { title: 'Operation' };

export default async function OperationPage({ params }: { params: Promise<{ endpoint: string; operation: string }> }) {
  const { endpoint, operation } = await params;
  return <OperationView endpoint={endpoint} id={operation} />;
}
