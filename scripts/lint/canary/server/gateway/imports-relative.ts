export type { RuntimeDriver } from '../drivers/runtime-driver.ts';
