import type { Services } from '../../src/tools/support/define.ts';
import type { Surface } from '../../src/tools/support/surface.ts';

/** What a server over stdio offers, with folders of nobody's. */
export const LOCAL: Surface = { isLocal: true, readFrom: [], saveIn: '/nonexistent/images' };

/** What one over HTTP offers unless its operator says more. */
export const REMOTE: Surface = { isLocal: false, readFrom: undefined, saveIn: undefined };

/** What tools are made with to be listed, not called. */
export const LOCAL_SERVICES = { surface: LOCAL, saving: {} } as Services;
