/** Paths under which resources appear in operations, change events, the audit log and `used_by`. */
export const endpointPath = (endpoint: string): string => `/endpoints/${endpoint}`;
export const deploymentPath = (endpoint: string, deployment: string): string =>
  `/endpoints/${endpoint}/deployments/${deployment}`;
export const operationPath = (id: string): string => `/operations/${id}`;
export const modelPath = (name: string): string => `/models/${name}`;
export const modelVersionPath = (name: string, version: string): string => `/models/${name}/versions/${version}`;
export const instanceTypePath = (name: string): string => `/instance-types/${name}`;
export const uploadPath = (id: string): string => `/uploads/${id}`;
export const apiKeyPath = (id: string): string => `/api-keys/${id}`;
export const userPath = (id: string): string => `/users/${id}`;
export const registryPath = (host: string): string => `/registries/${host}`;
export const environmentPath = (name: string): string => `/environments/${name}`;
export const environmentVersionPath = (name: string, version: string): string =>
  `/environments/${name}/versions/${version}`;
