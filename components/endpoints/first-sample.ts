/** Where "Deploy the sample model" leads: the wizard with the first bundled version chosen. */
export const FIRST_SAMPLE_HREF = '/endpoints/new?mode=nocode&source=sample&model=iris:iris-1';
