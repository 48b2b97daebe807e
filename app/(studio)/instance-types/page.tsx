import type { Metadata } from 'next';
import { InstanceTypes } from './_components/instance-types.tsx';

export const metadata: Metadata = { title: 'Instance types' };

export default function InstanceTypesPage() {
  return <InstanceTypes />;
}
