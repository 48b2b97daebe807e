'use client';

import { PageFault } from '#components/layout/page-fault.tsx';

export default PageFault;
