/** Where a version is on its way, in the words that MLflow made common. The interface takes any other word too. */
export const MODEL_STAGES = ['Staging', 'Production', 'Archived'] as const;

/** Whether a version was put aside: it stays what it is, and lists leave it out unless they are asked. */
export const isArchived = (stage: string | null): boolean => stage?.toLowerCase() === 'archived';
