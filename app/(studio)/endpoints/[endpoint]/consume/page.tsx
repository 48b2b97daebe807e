import type { Metadata } from 'next';
import { ConsumeView } from './_components/consume-view.tsx';

export const metadata: Metadata = { title: 'Consume' };

export default async function ConsumePage({ params }: { params: Promise<{ endpoint: string }> }) {
  const { endpoint } = await params;
  return <ConsumeView name={endpoint} />;
}
