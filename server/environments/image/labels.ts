/** On every image and container that we make, so that we find ours and nobody else's. */
export const INSTALLATION_LABEL = 'io.viridian.installation';
/** Key of the environment. */
export const KEY_LABEL = 'io.viridian.environment';
/** `build` on containers that only serve a build. */
export const ROLE_LABEL = 'io.viridian.role';
/** Interpreter that the packages of an image belong to. */
export const PYTHON_LABEL = 'io.viridian.python';
